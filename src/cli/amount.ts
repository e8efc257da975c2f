import {Errors} from '@oclif/core'

import {type Currency, currencyDecimals, formatAmount, parseAmount} from '../money.ts'
import {askValid} from './prompts.ts'

/** Minor units of the currency. Throws a usage error for what is no amount from 0 in it. */
export function readAmount(text: string, currency: Currency): number {
  const amount = parseAmount(text, currency)
  if (amount === undefined || amount < 0) throw new Errors.CLIError(describeProblem(text, currency, amount))
  return amount
}

/** Asks until there is an amount in the currency. */
export async function askAmount(message: string, currency: Currency): Promise<number> {
  const text = await askValid(message, (answer) => {
    const amount = parseAmount(answer, currency)
    return (amount !== undefined && amount >= 0) || describeProblem(answer, currency, amount)
  })
  return readAmount(text, currency)
}

function describeProblem(text: string, currency: Currency, amount: number | undefined): string {
  const decimals = currencyDecimals(currency)
  const [, fraction] = /^[+-]?\d+\.(\d+)$/.exec(text.trim()) ?? []
  if (amount !== undefined) return `"${text}" is negative. Give an amount from 0.`
  if (fraction !== undefined && fraction.replace(/0+$/, '').length > decimals) {
    return `"${text}" has too many decimals: ${currency} has ${decimals}, as in ${formatAmount(1234, currency)}.`
  }
  if (/^[+-]?\d+(\.\d*)?$/.test(text.trim())) {
    return `"${text}" is too large. Give at most ${formatAmount(Number.MAX_SAFE_INTEGER, currency)}.`
  }
  return `"${text}" is no amount. Give a number such as ${formatAmount(1234, currency)}.`
}
