import {Errors, Flags} from '@oclif/core'

const most = 10_000
const decimals = 4

/** A percentage by which prices change, such as +5 or -2.5. Parsed to the factor as a decimal: `1.05`, `0.975`. */
export const percentFlag = Flags.custom({
  helpValue: 'PERCENT',
  async parse(input, _context, {name}) {
    const factor = parseFactor(input)
    if (factor === undefined) {
      throw new Errors.CLIError(
        `--${name} must be a number from -100 to ${most} with at most ${decimals} decimals, such as +5 or -2.5, not "${input}".`,
      )
    }
    return Promise.resolve(factor)
  },
})

/** In whole millionths, so that no binary fraction is involved. */
function parseFactor(text: string): string | undefined {
  const [match, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d{1,5})(?:\.(\d{1,4}))?%?$/.exec(text.trim()) ?? []
  if (match === undefined) return undefined
  const millionths = Number(whole + fraction.padEnd(decimals, '0'))
  const factor = 1_000_000 + (sign === '-' ? -millionths : millionths)
  if (factor < 0 || millionths > most * 10 ** decimals) return undefined
  const digits = String(factor).padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}
