/** The most columns that are counted by name. The values of all others are counted together. */
const maxColumns = 1000

/** What an export of another shop has and this one has no place for. It is counted, so that nothing is lost silently. */
export class Leftovers {
  /** The shop that wrote the file; undefined for the shop's own columns. */
  source: 'Shopify' | 'WooCommerce' | undefined
  /** How many values each column has that was not read. */
  readonly columns = new Map<string, number>()
  /** How many rows were left out, by what they are. */
  readonly rows = new Map<string, number>()
  /** How many products were sold more often than they were in stock: their negative quantity counts as 0. */
  oversold = 0
  /** How many products have no quantity, because nobody counts them. A load gives them no stock. */
  uncounted = 0

  addColumn(name: string): void {
    const key = this.columns.has(name) || this.columns.size < maxColumns ? name : 'other columns'
    this.columns.set(key, (this.columns.get(key) ?? 0) + 1)
  }

  addRow(kind: string): void {
    this.rows.set(kind, (this.rows.get(kind) ?? 0) + 1)
  }
}

/** What was left out of a file, for its result. */
export type LeftoverCounts = {
  /** The shop that wrote the file; null for the shop's own columns. */
  source: string | null
  /** The number of values that were not read, by column. */
  columns: Record<string, number>
  /** The number of rows that were left out, by what they are. */
  rows: Record<string, number>
  oversold: number
  uncounted: number
}

export function countLeftovers({source, columns, rows, oversold, uncounted}: Leftovers): LeftoverCounts {
  return {
    source: source ?? null,
    columns: Object.fromEntries(columns),
    rows: Object.fromEntries(rows),
    oversold,
    uncounted,
  }
}
