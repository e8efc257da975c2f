import type {Cells, ExportRow, Platform} from './sold-product.ts'

const usedColumns = new Set(['type', 'sku', 'name', 'published', 'stock', 'regular_price', 'sale_price', 'parent'])

const attributeColumn = /^attribute_\d+_(?:name|value\(s\))$/
const attributeValues = Array.from({length: 20}, (_, index) => `attribute_${index + 1}_value(s)`)

/** What a row is if nobody can buy it here. */
const skippedTypes: Partial<Record<string, string>> = {
  variable: 'parents of variations',
  'variable-subscription': 'parents of variations',
  grouped: 'grouped products',
  external: 'external products',
}

/**
 * WooCommerce's product export, with its English headers: a row for each product and each variation. A product with
 * variations has a row of its own, which nobody can buy.
 */
export const woocommerce: Platform = {
  source: 'WooCommerce',
  isOwn: (columns) =>
    columns.has('regular_price') || (columns.has('type') && columns.has('published') && columns.has('sku')),
  open() {
    let isVariation = false
    let usesSale = false
    let usesLimit = false
    return {
      read(cells) {
        const types = cells('type')
          .toLowerCase()
          .split(',')
          .map((type) => type.trim())
        isVariation = types.some((type) => type.endsWith('variation'))
        usesLimit = cells('sold_individually?') === '1'
        const skipped = types.map((type) => skippedTypes[type]).find((kind) => kind !== undefined)
        usesSale = isOnSale(cells)
        return skipped === undefined ? toRow(cells, {isVariation, usesSale, usesLimit}) : {skip: skipped}
      },
      uses(column) {
        if (column === 'sale_price') return usesSale
        if (column === 'sold_individually?') return usesLimit
        return usedColumns.has(column) || (isVariation && attributeColumn.test(column))
      },
    }
  },
}

/** A sale with dates may be over, or not have begun. */
function isOnSale(cells: Cells): boolean {
  return cells('sale_price') !== '' && cells('date_sale_price_starts') === '' && cells('date_sale_price_ends') === ''
}

function toRow(
  cells: Cells,
  {isVariation, usesSale, usesLimit}: {isVariation: boolean; usesSale: boolean; usesLimit: boolean},
): ExportRow {
  const published = cells('published')
  const quantity = cells('stock')
  return {
    name: isVariation ? nameOf(cells) : cells('name'),
    sku: cells('sku'),
    price: cells(usesSale ? 'sale_price' : 'regular_price'),
    // The stock of such a variation is counted with its parent's.
    quantity: quantity.toLowerCase() === 'parent' ? '' : quantity,
    // 1 is published, 0 is private, -1 is a draft.
    enabled: published === '' ? undefined : published === '1',
    maxPerOrder: usesLimit ? 1 : undefined,
  }
}

/** WooCommerce appends the values of one or two attributes to the name itself, separated by commas: `Cap - Red, XL`. */
function nameOf(cells: Cells): string {
  const name = cells('name')
  const options = attributeValues.map(cells).filter((value) => value !== '')
  const appended = ` - ${options.join(', ')}`
  const title = name.endsWith(appended) ? name.slice(0, -appended.length) : name
  const start = title.indexOf(' - ')
  const isComplete = start !== -1 && options.every((value) => title.includes(value, start))
  return options.length === 0 || isComplete ? title : `${title} - ${options.join(' / ')}`
}
