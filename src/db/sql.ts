/** A statement, or a part of one, with its bindings. */
export type Sql = {sql: string; bindings: unknown[]}

/** Conditions with one binding each, without those whose value is undefined. */
export function conditions(given: [sql: string, value: unknown][]): Sql[] {
  return given.flatMap(([sql, value]) => (value === undefined ? [] : [{sql, bindings: [value]}]))
}

/** That all of the conditions hold; of none, that is true. */
export function allOf(all: Sql[]): Sql {
  return {
    sql: all.length === 0 ? 'true' : all.map(({sql}) => sql).join(' and '),
    bindings: all.flatMap(({bindings}) => bindings),
  }
}
