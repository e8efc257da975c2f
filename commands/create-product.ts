import {Args, Flags} from '@oclif/core'

import {askAmount, readAmount} from '../src/cli/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {askProductName} from '../src/cli/product-name.ts'
import {askWholeNumber, requireTerminal} from '../src/cli/prompts.ts'
import {type ProductRecordJson, productRecordJson} from '../src/json/product.ts'
import {findProductRecord} from '../src/services/products/product-record.ts'
import {createProduct} from '../src/services/products/products.ts'
import {maxOnHand} from '../src/services/stock/adjust.ts'
import {maxLength} from '../src/text.ts'

export default class CreateProduct extends ShopCommand {
  static override summary = 'Create a product with a price and a stock.'
  static override description =
    'Without --stock there is none of it yet: adjust-stock puts some in. More prices come with set-price. ' +
    'In a terminal it asks for what is missing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> "Rice 1 kg" --price 2.50 --stock 40',
    '<%= config.bin %> <%= command.id %> Tea --price 3.20 --currency EUR --stock 12 --pool east',
    {
      description: 'not for sale yet',
      command: '<%= config.bin %> <%= command.id %> Salt --price 0.80 --disabled --json',
    },
  ]
  static override args = {
    name: Args.string({description: `the name, 1 to ${maxLength.productName} characters`, ignoreStdin: true}),
  }
  static override flags = {
    price: Flags.string({summary: 'its price from now on', helpValue: 'AMOUNT'}),
    currency: currencyFlag({summary: 'the currency of the price; SHOP_CURRENCY or USD without it'}),
    stock: Flags.integer({summary: 'how many there are; 0 without it', helpValue: 'N', min: 0, max: maxOnHand}),
    pool: Flags.string({summary: 'where they are', helpValue: 'NAME', default: 'default'}),
    disabled: Flags.boolean({summary: 'not for sale until it is enabled by update-product'}),
  }

  async run(): Promise<ProductRecordJson> {
    const {args, flags} = await this.parse(CreateProduct)
    const {currency = this.shopConfig().currency, pool} = flags
    const isComplete = args.name !== undefined && flags.price !== undefined
    if (!isComplete) requireTerminal('Give the NAME, and the price with --price.')
    const given = flags.price === undefined ? undefined : readAmount(flags.price, currency)

    const name = args.name ?? (await askProductName())
    const amount = given ?? (await askAmount(`Price in ${currency}`, currency))
    const quantity = flags.stock ?? (isComplete ? 0 : await askStock(pool))

    const product = await this.withDatabase(async (db) => {
      const id = await createProduct(db, {
        name,
        enabled: !flags.disabled,
        price: {currency, amount},
        stock: {pool, quantity},
      })
      return findProductRecord(db, id)
    })
    this.log(`Created product ${product.id}, ${printable(product.name)}.`)
    return productRecordJson(product)
  }
}

async function askStock(pool: string): Promise<number> {
  return askWholeNumber(`How many are there in pool ${printable(pool)}?`, {min: 0, max: maxOnHand})
}
