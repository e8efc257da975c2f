import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter('en', {granularity: 'grapheme'})

/** Shortens text to at most `width` terminal cells; an ellipsis stands for what was cut. */
export function cutText(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let cut = ''
  let used = 1
  for (const {segment} of graphemes.segment(text)) {
    used += stringWidth(segment)
    if (used > width) break
    cut += segment
  }
  return width > 0 ? `${cut}…` : ''
}
