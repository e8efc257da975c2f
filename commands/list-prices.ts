import {ShopCommand} from '../src/cli/base-command.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {describeNoPrices, priceColumns, priceRow} from '../src/cli/show/prices.ts'
import {chooseProduct} from '../src/cli/ask/product-search.ts'
import {requireValues} from '../src/cli/ask/prompts.ts'
import {priceJson, type PriceListJson} from '../src/json/price.ts'
import {listPrices} from '../src/services/products/prices.ts'

export default class ListPrices extends ShopCommand {
  static override summary = 'List all prices of a product: past, current and scheduled.'
  static override description = 'Lists them by currency, latest first. In a terminal, asks for a missing product.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 6',
    '<%= config.bin %> <%= command.id %> 6 --currency EUR --json',
  ]
  static override args = {
    product: productArg(),
  }
  static override flags = {
    currency: currencyFlag({summary: 'only list prices in this currency'}),
  }

  async run(): Promise<PriceListJson> {
    const {args, flags} = await this.parse(ListPrices)
    requireValues({PRODUCT: args.product})
    const {productId, prices} = await this.withDatabase(async (db) => {
      const id = await chooseProduct(db, args.product)
      return {productId: id, prices: await listPrices(db, {productId: id, currency: flags.currency})}
    })
    this.logTable(priceColumns, prices.map(priceRow))
    if (prices.length === 0) this.logToStderr(describeNoPrices(productId, flags.currency))
    return {product_id: productId, prices: prices.map(priceJson)}
  }
}
