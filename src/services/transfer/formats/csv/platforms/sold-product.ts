import type {RecordPlace} from '../../parse-record.ts'

/** A product or a variant of one, as another shop exports it. What the export does not say is undefined. */
export type SoldProduct = {
  place: RecordPlace
  name: string
  sku: string | undefined
  enabled: boolean | undefined
  /** In minor units. */
  amount: number | undefined
  quantity: number | undefined
  maxPerOrder: number | undefined
}

/** A row before it is checked. */
export type ExportRow = {
  name: string
  sku: string
  price: string
  quantity: string
  enabled: boolean | undefined
  maxPerOrder: number | undefined
}

/** The value of a column in the current row, without blanks around it; empty if the file lacks the column. */
export type Cells = (column: string) => string

/** How the exports of a shop are read. */
export type Platform = {
  source: 'Shopify' | 'WooCommerce'
  isOwn: (columns: Set<string>) => boolean
  /** Makes what reads the rows of one file in their order. */
  open: () => {
    /** A product, a reason to leave the row out, or what is wrong with it. */
    read: (cells: Cells) => ExportRow | {skip: string} | {problem: string}
    /** Whether the row that was read last used the column. */
    uses: (column: string) => boolean
  }
}
