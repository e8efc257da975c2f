import {invalid} from './refusal.ts'

/** The parameters of a request: `metadata[a]=b` is a field of `metadata`, `expand[0]=x` an entry of `expand`. */
export class Form {
  private readonly pairs: [string, string][]

  constructor(encoded: string) {
    this.pairs = [...new URLSearchParams(encoded)]
  }

  /** Refuses parameters that the double does not implement, so that no test passes by one that is ignored. */
  allow(...names: string[]): void {
    const unknown = this.pairs.map(([name]) => base(name)).find((name) => !names.includes(name))
    if (unknown !== undefined) {
      throw invalid(`Received unknown parameter: ${unknown}`, {code: 'parameter_unknown', param: unknown})
    }
  }

  text(name: string): string | undefined {
    return this.pairs.find(([key]) => key === name)?.[1]
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === undefined || value === '') {
      throw invalid(`Missing required param: ${name}.`, {code: 'parameter_missing', param: name})
    }
    return value
  }

  integer(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (!/^\d{1,15}$/.test(value)) {
      throw invalid(`Invalid integer: ${value}`, {code: 'parameter_invalid_integer', param: name})
    }
    return Number(value)
  }

  fields(name: string): Record<string, string> {
    const fields = this.pairs.filter(([key]) => base(key) === name && key !== name)
    return Object.fromEntries(fields.map(([key, value]) => [key.slice(name.length + 1, -1), value]))
  }

  list(name: string): string[] {
    return Object.values(this.fields(name))
  }

  /** The same for the same parameters in any order. */
  get fingerprint(): string {
    return JSON.stringify([...this.pairs].sort())
  }
}

function base(name: string): string {
  return name.replace(/\[.*$/, '')
}

/** The part of a list that a request asks for. */
export function pageOf<Item extends {id: string}>(all: Item[], form: Form): {data: Item[]; has_more: boolean} {
  const last = form.text('starting_after')
  const rest = last === undefined ? all : all.slice(all.findIndex(({id}) => id === last) + 1)
  const limit = form.integer('limit') ?? 10
  return {data: rest.slice(0, limit), has_more: rest.length > limit}
}
