import {ShopCommand} from '../src/cli/base-command.ts'
import {catalogueFlags} from '../src/cli/flags/catalogue-flags.ts'
import {printable} from '../src/cli/show/format.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {pageFlags, pageRequest, pageSizeQuery} from '../src/cli/flags/page-flags.ts'
import {describeCursorPage, describePage, linkTo, linkToCursor} from '../src/cli/show/page.ts'
import {cursorPageJson, pageJson, type PageJson} from '../src/json/page.ts'
import {productJson, type ProductJson} from '../src/json/product.ts'
import {formatAmount} from '../src/money.ts'
import {listProducts, type Product} from '../src/services/catalogue/list.ts'

const path = '/products/list/'

export default class ListProducts extends ShopCommand {
  static override summary = 'List the products that can be ordered now.'
  static override description =
    'Lists products that are enabled, in stock and priced in the currency, by name or, in a search, by relevance.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --search "green te"',
    '<%= config.bin %> <%= command.id %> --ordering=-price --currency EUR',
    '<%= config.bin %> <%= command.id %> --page last --page-size 50',
    '<%= config.bin %> <%= command.id %> --cursor "" --json',
  ]
  static override flags = {
    ...pageFlags,
    ...catalogueFlags,
    currency: currencyFlag({summary: 'currency of the prices; SHOP_CURRENCY or USD by default'}),
  }

  async run(): Promise<PageJson<ProductJson>> {
    const {flags} = await this.parse(ListProducts)
    const {search, ordering, cursor} = flags
    const {currency: defaultCurrency} = this.shopConfig()
    const asked = {...pageSizeQuery(flags), currency: flags.currency, search, ordering}

    if (cursor !== undefined) {
      // This module takes a tenth of a second to load.
      const {walkProducts} = await import('../src/services/catalogue/walk.ts')
      const request = {
        cursor,
        pageSize: flags['page-size'],
        currency: flags.currency,
        search,
        ordering,
        defaultCurrency,
      }
      const page = await this.withDatabase(async (db) => walkProducts(db, request))
      this.logProducts(page.results, flags.currency ?? defaultCurrency)
      this.logToStderr(describeCursorPage(page, 'product'))
      return cursorPageJson(page, productJson, linkToCursor(path, asked))
    }

    const currency = flags.currency ?? defaultCurrency
    const page = await this.withDatabase(async (db) =>
      listProducts(db, {...pageRequest(flags), currency, search, ordering}),
    )
    this.logProducts(page.results, currency)
    this.logToStderr(describePage(page, 'product'))
    return pageJson(page, productJson, linkTo(path, asked))
  }

  private logProducts(products: Product[], currency: string): void {
    this.logTable(
      [
        {head: 'ID', align: 'right'},
        {head: 'Product', wraps: true},
        {head: 'In stock', align: 'right'},
        {head: products[0]?.currency ?? currency, align: 'right'},
      ],
      products.map(({id, name, quantityInStock, price, currency}) => [
        String(id),
        printable(name),
        String(quantityInStock),
        formatAmount(price, currency),
      ]),
    )
  }
}
