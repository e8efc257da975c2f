import {ShopCommand} from '../src/cli/base-command.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {
  currentPriceColumns,
  currentPriceRows,
  describeProduct,
  movementColumns,
  movementRows,
  stockColumns,
  stockRows,
} from '../src/cli/show/product-record.ts'
import {chooseProduct} from '../src/cli/ask/product-search.ts'
import {requireValues} from '../src/cli/ask/prompts.ts'
import {type ProductRecordJson, productRecordJson} from '../src/json/product.ts'
import {findProductRecord} from '../src/services/products/product-record.ts'

export default class ShowProduct extends ShopCommand {
  static override summary = 'Show a product with its current prices, its stock and its latest movements.'
  static override description =
    'For each stock pool, shows what is on hand, what baskets hold, what is free, and when the first hold expires. ' +
    'In a terminal, asks for a missing product.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 6',
    '<%= config.bin %> <%= command.id %> "Sourdough Bread" --json',
  ]
  static override args = {
    product: productArg(),
  }

  async run(): Promise<ProductRecordJson> {
    const {args} = await this.parse(ShowProduct)
    requireValues({PRODUCT: args.product})
    const product = await this.withDatabase(async (db) => findProductRecord(db, await chooseProduct(db, args.product)))
    this.logText(describeProduct(product))
    this.logTable(currentPriceColumns, currentPriceRows(product), 'Prices')
    this.logTable(stockColumns, stockRows(product), 'Stock')
    this.logTable(movementColumns, movementRows(product), 'Stock movements')
    return productRecordJson(product)
  }
}
