/** Rows as arrays of columns, which `unnest` takes. Undefined values become null. */
export function columns<Row, Key extends keyof Row>(rows: Row[], ...keys: Key[]): (NonNullable<Row[Key]> | null)[][] {
  return keys.map((key) => rows.map((row) => row[key] ?? null))
}
