import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/format.ts'
import {currencyFlag} from '../src/cli/order-flags.ts'
import {describePage, linkTo, pageFlags, pageRequest, pageSizeQuery} from '../src/cli/page-flags.ts'
import {pageJson, type PageJson, productJson, type ProductJson} from '../src/json.ts'
import {formatAmount} from '../src/money.ts'
import {listProducts} from '../src/services/catalogue.ts'

export default class ListProducts extends ShopCommand {
  static override summary = 'List the products that can be ordered now, by name.'
  static override description = 'These are enabled, in stock, and have a price in the currency.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --page last --page-size 50',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {
    ...pageFlags,
    currency: currencyFlag({summary: 'the currency of the prices; SHOP_CURRENCY or USD without it'}),
  }

  async run(): Promise<PageJson<ProductJson>> {
    const {flags} = await this.parse(ListProducts)
    const currency = flags.currency ?? this.shopConfig().currency
    const page = await this.withDatabase(async (db) => listProducts(db, {...pageRequest(flags), currency}))
    this.logTable(
      [
        {head: 'ID', align: 'right'},
        {head: 'Product', wraps: true},
        {head: 'In stock', align: 'right'},
        {head: currency, align: 'right'},
      ],
      page.results.map(({id, name, quantityInStock, price}) => [
        String(id),
        printable(name),
        String(quantityInStock),
        formatAmount(price, currency),
      ]),
    )
    this.logToStderr(describePage(page, 'product'))
    return pageJson(page, productJson, linkTo('/products/list/', {...pageSizeQuery(flags), currency: flags.currency}))
  }
}
