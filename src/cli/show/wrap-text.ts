import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter('en', {granularity: 'grapheme'})

/** Breaks text into lines of at most `width` terminal cells: between words, or inside one that is wider than a line. */
export function wrapText(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width))
}

function wrapLine(line: string, width: number): string[] {
  if (stringWidth(line) <= width) return [line]
  const lines: string[] = []
  let current = ''
  for (const [word] of line.matchAll(/\s*\S+/gu)) {
    if (stringWidth(current + word) <= width) {
      current += word
      continue
    }
    if (current !== '') lines.push(current)
    current = ''
    for (const piece of splitWord(word.trimStart(), width)) {
      if (stringWidth(current + piece) > width) {
        lines.push(current)
        current = ''
      }
      current += piece
    }
  }
  return [...lines, current]
}

/** A word that fits a line stays whole. */
function splitWord(word: string, width: number): string[] {
  if (stringWidth(word) <= width) return [word]
  const pieces = Array.from(graphemes.segment(word), ({segment}) => segment)
  // string-width counts the parts of some graphemes one by one, so that even a single grapheme can be too wide.
  return pieces.flatMap((piece) => (stringWidth(piece) > width ? Array.from(piece) : [piece]))
}
