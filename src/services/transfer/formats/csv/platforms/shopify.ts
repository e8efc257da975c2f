import type {Cells, ExportRow, Platform} from './sold-product.ts'

/** The name of each column in the older exports, and in the newer ones. */
const spellings = {
  handle: ['handle', 'url_handle'],
  published: ['published', 'published_on_online_store'],
  sku: ['variant_sku', 'sku'],
  price: ['variant_price', 'price'],
  quantity: ['variant_inventory_qty', 'inventory_quantity'],
} as const

const optionValues = ['option1_value', 'option2_value', 'option3_value']

const statuses = ['', 'active', 'draft', 'archived', 'unlisted']

const usedColumns = new Set<string>([
  ...Object.values(spellings).flat(),
  ...['title', 'status', 'option1_name', 'option2_name', 'option3_name'],
  ...optionValues,
])

/**
 * Shopify's product export: the first row of a product has its title and first variant; the rows below it have the same
 * handle, and another variant or only an image.
 */
export const shopify: Platform = {
  source: 'Shopify',
  isOwn: (columns) => columns.has('title') && spellings.handle.some((name) => columns.has(name)),
  open: () => ({read: createReader(), uses: (column) => usedColumns.has(column)}),
}

type Product = {handle: string; title: string; enabled: boolean | undefined}

function createReader(): (cells: Cells) => ExportRow | {skip: string} | {problem: string} {
  let product: Product | undefined
  return (cells) => {
    const cell = (column: keyof typeof spellings) => spellings[column].map(cells).find((value) => value !== '') ?? ''
    const [handle, title] = [cell('handle'), cells('title')]
    const isFirst = product === undefined || (handle === '' ? title !== '' : handle !== product.handle)
    if (isFirst || product === undefined) {
      const status = cells('status').toLowerCase()
      product = {handle, title, enabled: isEnabled(status, cell('published').toLowerCase())}
      if (title === '') return {problem: 'has no title, and the rows before it belong to another product'}
      if (!statuses.includes(status))
        return {problem: `status must be active, draft, archived or unlisted, not "${status}"`}
    }

    const options = optionValues.map(cells).filter((value) => value !== '')
    const isVariant = options.length > 0 || cell('sku') !== '' || cell('price') !== '' || cell('quantity') !== ''
    if (!isVariant && !isFirst) return {skip: 'rows with only an image'}
    const {title: name, enabled} = product
    return {
      name: nameOf(name, options),
      sku: cell('sku'),
      price: cell('price'),
      quantity: cell('quantity'),
      enabled,
      maxPerOrder: undefined,
    }
  }
}

/** Sold to everybody: active, and published in the online store. Undefined if the file says neither. */
function isEnabled(status: string, published: string): boolean | undefined {
  if (status === '' && published === '') return undefined
  return (status === '' || status === 'active') && published !== 'false'
}

/** A product without options has one, named Title, with the value Default Title. */
function nameOf(title: string, options: string[]): string {
  return options.length === 0 || options.join() === 'Default Title' ? title : `${title} - ${options.join(' / ')}`
}
