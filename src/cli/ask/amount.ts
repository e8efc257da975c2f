import {Errors} from '@oclif/core'

import {type Currency, currencyDecimals, formatAmount, parseAmount} from '../../money.ts'
import {askValid} from './prompts.ts'

/** The amount in minor units of the currency. Throws a usage error unless it is a valid amount of at least 0. */
export function readAmount(text: string, currency: Currency): number {
  const amount = parseAmount(text, currency)
  if (amount === undefined || amount < 0) throw new Errors.CLIError(describeProblem(text, currency, amount))
  return amount
}

/** Asks until the answer is a valid amount in the currency. */
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
  if (amount !== undefined) return `"${text}" is negative. Use an amount of 0 or more.`
  if (fraction !== undefined && fraction.replace(/0+$/, '').length > decimals) {
    return `"${text}" has too many decimals. ${currency} has ${decimals}, as in ${formatAmount(1234, currency)}.`
  }
  if (/^[+-]?\d+(\.\d*)?$/.test(text.trim())) {
    return `"${text}" is too large. Use at most ${formatAmount(Number.MAX_SAFE_INTEGER, currency)}.`
  }
  return `"${text}" is not a valid amount. Use a number such as ${formatAmount(1234, currency)}.`
}
