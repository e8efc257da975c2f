import {ux} from '@oclif/core'

import {printable} from './format.ts'
import {wrapText} from './wrap-text.ts'

/** Prints to standard error, wrapped and with a red label in a terminal that has colors. What the text quotes may come from elsewhere. */
export function printError(text: string): void {
  const label = 'Error:'
  const safe = text.split('\n').map(printable).join('\n')
  const lines = wrapForTerminal(`${label} ${safe}`, process.stderr)
  ux.stderr(
    lines.replace(label, process.stderr.isTTY && process.stderr.hasColors() ? `\u001b[31m${label}\u001b[39m` : label),
  )
}

export function wrapForTerminal(text: string, {isTTY, columns}: NodeJS.WriteStream): string {
  return isTTY && columns > 0 ? wrapText(text, columns).join('\n') : text
}
