import {Args} from '@oclif/core'

import {askAmount, readAmount} from '../src/cli/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/id-arg.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {describePrice} from '../src/cli/show/prices.ts'
import {searchProduct} from '../src/cli/product-search.ts'
import {requireTerminal} from '../src/cli/prompts.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {type SetPriceJson, setPriceJson} from '../src/json/price.ts'
import {setPrice} from '../src/services/products/prices.ts'

export default class SetPrice extends ShopCommand {
  static override summary = 'Set the price of a product, from now on or from any time.'
  static override description =
    'A time in the future changes the price by itself when it comes, and one in the past is history. ' +
    'Orders keep the price that they were placed at. In a terminal it asks for what is missing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 6 12.50',
    {
      description: 'from the new year on, by UTC',
      command: '<%= config.bin %> <%= command.id %> 6 13.90 --currency EUR --from 2027-01-01',
    },
    '<%= config.bin %> <%= command.id %> 6 9.99 --from 2026-11-27T09:00:00+01:00 --json',
  ]
  static override args = {
    product: idArg({description: 'the id of the product'}),
    amount: Args.string({description: 'the price, with the decimals of its currency', ignoreStdin: true}),
  }
  static override flags = {
    currency: currencyFlag({summary: 'the currency of the price; SHOP_CURRENCY or USD without it'}),
    from: timeFlag({summary: 'from when it holds, in UTC unless it says otherwise; from now on without it'}),
  }

  async run(): Promise<SetPriceJson> {
    const {args, flags} = await this.parse(SetPrice)
    const {currency = this.shopConfig().currency, from: effectiveFrom} = flags
    if (args.product === undefined) requireTerminal('Give the id of the PRODUCT, and the AMOUNT.')
    if (args.amount === undefined) requireTerminal('Give the AMOUNT.')
    const given = args.amount === undefined ? undefined : readAmount(args.amount, currency)

    const price = await this.withDatabase(async (db) => {
      const productId = args.product ?? (await searchProduct(db))
      const amount = given ?? (await askAmount(`Price in ${currency}`, currency))
      return setPrice(db, {productId, currency, amount, effectiveFrom})
    })
    this.log(describePrice(price))
    return setPriceJson(price)
  }
}
