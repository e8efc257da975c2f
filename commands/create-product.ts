import {Args, Flags} from '@oclif/core'

import {askAmount, readAmount} from '../src/cli/ask/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {integerFlag, limitFlag} from '../src/cli/flags/number-flags.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {askProductName} from '../src/cli/ask/product-name.ts'
import {askWholeNumber, hasTerminal, requireConsent, requireValues} from '../src/cli/ask/prompts.ts'
import {type ProductRecordJson, productRecordJson} from '../src/json/product.ts'
import type {NamedProduct} from '../src/errors.ts'
import {findNamed} from '../src/services/products/identify-product.ts'
import {findProductRecord} from '../src/services/products/product-record.ts'
import {createProduct} from '../src/services/products/products.ts'
import {maxOnHand} from '../src/services/stock/adjust.ts'
import {maxLength} from '../src/text.ts'

export default class CreateProduct extends ShopCommand {
  static override summary = 'Create a product with a price and stock.'
  static override description =
    'Add more stock later with adjust-stock, and more prices with set-price. Warns if a product with that name exists. ' +
    'In a terminal, asks for missing values, and whether to create a second product of that name.'
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
    reason: reasonFlag(),
    yes: Flags.boolean({char: 'y', summary: 'do not ask if a product with that name exists'}),
    disabled: Flags.boolean({summary: 'keep the product off sale until update-product enables it'}),
  }

  async run(): Promise<ProductRecordJson> {
    const {args, flags} = await this.parse(CreateProduct)
    const {currency = this.shopConfig().currency, pool} = flags
    const isComplete = args.name !== undefined && flags.price !== undefined
    requireValues({NAME: args.name, '--price': flags.price})
    const given = flags.price === undefined ? undefined : readAmount(flags.price, currency)

    const name = args.name ?? (await askProductName())
    const amount = given ?? (await askAmount(`Price in ${currency}`, currency))
    const quantity = flags.stock ?? (isComplete ? 0 : await askStock(pool))

    const newProduct = {
      name,
      sku: flags.sku,
      enabled: !flags.disabled,
      price: {currency, amount},
      stock: {pool, quantity},
      maxPerOrder: flags['max-per-order'] ?? null,
    }
    const product = await this.withDatabase(async (db) => {
      await this.warnOfNamesakes(await findNamed(db, name), flags.yes)
      const id = await createProduct(db, newProduct, this.operator(flags.reason))
      return findProductRecord(db, id)
    })
    this.log(`Created product ${product.id}, ${printable(product.name)}.`)
    return productRecordJson(product)
  }

  private async warnOfNamesakes(namesakes: NamedProduct[], isConfirmed: boolean): Promise<void> {
    if (namesakes.length === 0) return
    const names = namesakes.map(({id, name}) => `"${printable(name)}" (${id})`)
    this.logWarning(`The shop already has ${names.join(', ')}.`)
    if (!isConfirmed && hasTerminal()) {
      await requireConsent('Create another product of that name?', 'Nothing was created.')
    }
  }
}

async function askStock(pool: string): Promise<number> {
  return askWholeNumber(`Quantity in stock pool ${printable(pool)}?`, {min: 0, max: maxOnHand})
}
