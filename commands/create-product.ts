import {Args, Flags} from '@oclif/core'

import {askAmount, readAmount} from '../src/cli/ask/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {integerFlag, limitFlag} from '../src/cli/flags/number-flags.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {askProductName} from '../src/cli/ask/product-name.ts'
import {askWholeNumber, requireTerminal} from '../src/cli/ask/prompts.ts'
import {type ProductRecordJson, productRecordJson} from '../src/json/product.ts'
import {findProductRecord} from '../src/services/products/product-record.ts'
import {createProduct} from '../src/services/products/products.ts'
import {maxOnHand} from '../src/services/stock/adjust.ts'
import {maxLength} from '../src/text.ts'

export default class CreateProduct extends ShopCommand {
  static override summary = 'Create a product with a price and stock.'
  static override description =
    'Add more stock later with adjust-stock, and more prices with set-price. In a terminal, asks for missing values.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> "Rice 1 kg" --price 2.50 --stock 40',
    '<%= config.bin %> <%= command.id %> Tea --price 3.20 --currency EUR --stock 12 --pool east',
    '<%= config.bin %> <%= command.id %> "Rye flour 1 kg" --sku RYE-1 --price 1.90',
    {
      description: 'At most two in an order',
      command: '<%= config.bin %> <%= command.id %> "Festival ticket" --price 79 --stock 500 --max-per-order 2',
    },
    {
      description: 'Not for sale yet',
      command: '<%= config.bin %> <%= command.id %> Salt --price 0.80 --disabled --json',
    },
  ]
  static override args = {
    name: Args.string({description: `name, 1 to ${maxLength.productName} characters`, ignoreStdin: true}),
  }
  static override flags = {
    sku: Flags.string({
      summary: `your own number of the product, 1 to ${maxLength.sku} characters; no other product may have it`,
      helpValue: 'TEXT',
    }),
    price: Flags.string({summary: 'current price', helpValue: 'AMOUNT'}),
    currency: currencyFlag({summary: 'currency of the price; SHOP_CURRENCY or USD by default'}),
    stock: integerFlag({summary: 'quantity in stock; 0 by default', min: 0, max: maxOnHand}),
    pool: Flags.string({summary: 'stock pool of this quantity', helpValue: 'NAME', default: 'default'}),
    'max-per-order': limitFlag({summary: 'most units that one order may have; none by default'}),
    disabled: Flags.boolean({summary: 'keep the product off sale until update-product enables it'}),
  }

  async run(): Promise<ProductRecordJson> {
    const {args, flags} = await this.parse(CreateProduct)
    const {currency = this.shopConfig().currency, pool} = flags
    const isComplete = args.name !== undefined && flags.price !== undefined
    if (!isComplete) requireTerminal('Pass NAME and --price.')
    const given = flags.price === undefined ? undefined : readAmount(flags.price, currency)

    const name = args.name ?? (await askProductName())
    const amount = given ?? (await askAmount(`Price in ${currency}`, currency))
    const quantity = flags.stock ?? (isComplete ? 0 : await askStock(pool))

    const product = await this.withDatabase(async (db) => {
      const id = await createProduct(db, {
        name,
        sku: flags.sku,
        enabled: !flags.disabled,
        price: {currency, amount},
        stock: {pool, quantity},
        maxPerOrder: flags['max-per-order'] ?? null,
      })
      return findProductRecord(db, id)
    })
    this.log(`Created product ${product.id}, ${printable(product.name)}.`)
    return productRecordJson(product)
  }
}

async function askStock(pool: string): Promise<number> {
  return askWholeNumber(`Quantity in stock pool ${printable(pool)}?`, {min: 0, max: maxOnHand})
}
