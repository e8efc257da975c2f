import {styleText} from 'node:util'

type Style = 'bold' | 'dim' | 'red' | 'yellow'

/** Colors text, or leaves it as it is where colors are not wanted. */
export type Paint = (style: Style, text: string) => string

export function choosePaint({colors}: {colors: boolean}): Paint {
  return colors ? styleText : (_, text) => text
}
