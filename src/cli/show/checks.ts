import {styleText} from 'node:util'

import type {Check} from '../../services/shop/check.ts'
import {countOf} from '../../text.ts'
import {printable} from './format.ts'
import type {TableTarget} from './table.ts'
import {wrapText} from './wrap-text.ts'

const colors = {good: 'green', warning: 'yellow', bad: 'red'} as const
const levelWidth = 'warning'.length
const nameWidth = 'connections'.length
const indent = ' '.repeat(levelWidth + nameWidth + 4)
const narrowestText = 20

/** The level, the name and the finding of each check, with what to do below it. */
export function describeChecks(checks: Check[], {width = Infinity, colors: hasColors}: TableTarget): string {
  const textWidth = Math.max(width - indent.length, narrowestText)
  return checks
    .flatMap(({name, level, says, advice}) => {
      const lines = [...says.split('\n'), ...(advice === null ? [] : [advice])]
      const text = lines.flatMap((line) => wrapText(printable(line), textWidth)).join(`\n${indent}`)
      const label = level.padEnd(levelWidth)
      return `${hasColors ? styleText(colors[level], label) : label}  ${name.padEnd(nameWidth)}  ${text}`
    })
    .join('\n')
}

export function summarizeChecks({good, warnings, bad}: {good: number; warnings: number; bad: number}): string {
  const found = [
    ...(bad > 0 ? [`${bad} bad`] : []),
    ...(warnings > 0 ? [countOf(warnings, 'warning')] : []),
    `${good} good`,
  ]
  return `${found.join(', ')}.`
}
