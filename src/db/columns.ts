/** Rows as columns, the form in which `unnest` takes them; what is undefined is null. */
export function columns<Row, Key extends keyof Row>(rows: Row[], ...keys: Key[]): (NonNullable<Row[Key]> | null)[][] {
  return keys.map((key) => rows.map((row) => row[key] ?? null))
}
