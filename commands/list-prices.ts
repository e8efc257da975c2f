import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/id-arg.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {describeNoPrices, priceColumns, priceRow} from '../src/cli/show/prices.ts'
import {searchProduct} from '../src/cli/product-search.ts'
import {requireTerminal} from '../src/cli/prompts.ts'
import {priceJson, type PriceListJson} from '../src/json/price.ts'
import {listPrices} from '../src/services/products/prices.ts'

export default class ListPrices extends ShopCommand {
  static override summary = 'List every price of a product: those of the past, of now, and of the future.'
  static override description = 'By currency, the latest first. In a terminal it asks for the product.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 6',
    '<%= config.bin %> <%= command.id %> 6 --currency EUR --json',
  ]
  static override args = {
    product: idArg({description: 'the id of the product'}),
  }
  static override flags = {
    currency: currencyFlag({summary: 'prices in this currency only'}),
  }

  async run(): Promise<PriceListJson> {
    const {args, flags} = await this.parse(ListPrices)
    if (args.product === undefined) requireTerminal('Give the id of the PRODUCT.')
    const {productId, prices} = await this.withDatabase(async (db) => {
      const id = args.product ?? (await searchProduct(db))
      return {productId: id, prices: await listPrices(db, {productId: id, currency: flags.currency})}
    })
    this.logTable(priceColumns, prices.map(priceRow))
    if (prices.length === 0) this.logToStderr(describeNoPrices(productId, flags.currency))
    return {product_id: productId, prices: prices.map(priceJson)}
  }
}
