import {Args, Errors, Flags} from '@oclif/core'

/** A positive whole number in decimal digits. Undefined for any other text, and for a number beyond the safe integers. */
export function parseWholeNumber(text: string): number | undefined {
  const number = /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

export const idArg = Args.custom<number>({
  ignoreStdin: true,
  async parse(input) {
    const id = parseWholeNumber(input)
    if (id === undefined) throw new Errors.CLIError(`"${input}" is not a valid id. Use a positive whole number.`)
    return Promise.resolve(id)
  },
})

export const idFlag = Flags.custom<number>({
  helpValue: 'ID',
  async parse(input, {token}, flag) {
    const id = parseWholeNumber(input)
    if (id === undefined) {
      throw new Errors.CLIError(`${valueSource(token, flag)} must be a positive whole number, not "${input}".`)
    }
    return Promise.resolve(id)
  },
})

/** A whole number from `min` to `max`. */
export const integerFlag = Flags.custom<number, {min: number; max: number}>({
  helpValue: 'N',
  async parse(input, {token}, flag) {
    const number = /^-?\d+$/.test(input) ? Number(input) : Number.NaN
    if (!(number >= flag.min && number <= flag.max)) {
      throw new Errors.CLIError(
        `${valueSource(token, flag)} must be a whole number from ${flag.min} to ${flag.max}, not "${input}".`,
      )
    }
    return Promise.resolve(number)
  },
})

/** A positive whole number, or `none`, which lifts the limit and is parsed to null. */
export const limitFlag = Flags.custom<number | null>({
  helpValue: 'N|none',
  async parse(input, {token}, flag) {
    const limit = input === 'none' ? null : parseWholeNumber(input)
    if (limit === undefined) {
      throw new Errors.CLIError(
        `${valueSource(token, flag)} must be a positive whole number or "none", not "${input}".`,
      )
    }
    return Promise.resolve(limit)
  },
})

/** Names the flag, or the environment variable if the value came from there. */
export function valueSource(token: unknown, {name, env}: {name: string; env?: string | undefined}): string {
  return token === undefined && env !== undefined ? env : `--${name}`
}
