import {Args} from '@oclif/core'

import {askAmount, readAmount} from '../src/cli/ask/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {describePrice} from '../src/cli/show/prices.ts'
import {chooseProduct} from '../src/cli/ask/product-search.ts'
import {requireValues} from '../src/cli/ask/prompts.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {type SetPriceJson, setPriceJson} from '../src/json/price.ts'
import {setPrice} from '../src/services/products/prices.ts'

export default class SetPrice extends ShopCommand {
  static override summary = 'Set the price of a product, from now on or from a given time.'
  static override description =
    'The current price is the latest one that is not in the future, so a scheduled price takes effect by itself. ' +
    'Orders keep the prices they were placed at. In a terminal, asks for missing values.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 6 12.50',
    {
      description: 'From the start of 2027, UTC',
      command: '<%= config.bin %> <%= command.id %> 6 13.90 --currency EUR --from 2027-01-01',
    },
    '<%= config.bin %> <%= command.id %> 6 9.99 --from 2026-11-27T09:00:00+01:00 --json',
  ]
  static override args = {
    product: productArg(),
    amount: Args.string({description: 'price, with no more decimals than its currency has', ignoreStdin: true}),
  }
  static override flags = {
    currency: currencyFlag({summary: 'currency of the price; SHOP_CURRENCY or USD by default'}),
    from: timeFlag({summary: 'when the price takes effect, in UTC unless it has an offset; now by default'}),
    reason: reasonFlag(),
  }

  async run(): Promise<SetPriceJson> {
    const {args, flags} = await this.parse(SetPrice)
    const {currency = this.shopConfig().currency, from: effectiveFrom} = flags
    requireValues({PRODUCT: args.product, AMOUNT: args.amount})
    const given = args.amount === undefined ? undefined : readAmount(args.amount, currency)

    const price = await this.withDatabase(async (db) => {
      const productId = await chooseProduct(db, args.product)
      const amount = given ?? (await askAmount(`Price in ${currency}`, currency))
      return setPrice(db, {productId, currency, amount, effectiveFrom}, this.operator(flags.reason))
    })
    this.log(describePrice(price))
    return setPriceJson(price)
  }
}
