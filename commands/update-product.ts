import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {limitFlag} from '../src/cli/flags/number-flags.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {askNewName} from '../src/cli/ask/product-name.ts'
import {describeSku, describeState} from '../src/cli/show/product-record.ts'
import {chooseProduct} from '../src/cli/ask/product-search.ts'
import {askConfirmation, requireValues} from '../src/cli/ask/prompts.ts'
import {type ProductRecordJson, productRecordJson} from '../src/json/product.ts'
import {findProductRecord} from '../src/services/products/product-record.ts'
import {findProduct, type ProductChange, updateProduct} from '../src/services/products/products.ts'
import {maxLength} from '../src/text.ts'

export default class UpdateProduct extends ShopCommand {
  static override summary = 'Rename, enable or disable a product, set its SKU, or limit its quantity in an order.'
  static override description =
    'Disabled products are not for sale. Orders keep the product names they were placed with. ' +
    'Baskets that already have more than --max-per-order cannot be checked out until their quantity is lowered. ' +
    'In a terminal, asks for missing values.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 6 --name "Rice 1 kg"',
    '<%= config.bin %> <%= command.id %> 6 --sku RICE-1',
    '<%= config.bin %> <%= command.id %> 6 --disable',
    '<%= config.bin %> <%= command.id %> 6 --max-per-order 2',
    {description: 'Lift the limit again', command: '<%= config.bin %> <%= command.id %> 6 --max-per-order none'},
    '<%= config.bin %> <%= command.id %> 6 --enable --json',
  ]
  static override args = {
    product: productArg(),
  }
  static override flags = {
    name: Flags.string({summary: `new name, 1 to ${maxLength.productName} characters`, helpValue: 'NAME'}),
    sku: Flags.string({
      summary: `your own number of the product, 1 to ${maxLength.sku} characters; no other product may have it`,
      helpValue: 'TEXT',
      exclusive: ['no-sku'],
    }),
    'no-sku': Flags.boolean({summary: 'remove the SKU'}),
    enable: Flags.boolean({summary: 'make the product available for sale', exclusive: ['disable']}),
    disable: Flags.boolean({summary: 'stop selling the product'}),
    'max-per-order': limitFlag({summary: 'most units that one order may have, or none for no limit'}),
  }

  async run(): Promise<ProductRecordJson> {
    const {args, flags} = await this.parse(UpdateProduct)
    const change = readChange(flags)
    requireValues({PRODUCT: args.product, '--name, --sku, --no-sku, --enable, --disable or --max-per-order': change})

    const product = await this.withDatabase(async (db) => {
      const id = await chooseProduct(db, args.product)
      await updateProduct(db, id, change ?? (await askChange(db, id)))
      return findProductRecord(db, id)
    })
    this.log(
      `Updated product ${product.id}: ${printable(product.name)}${describeSku(product.sku)}, ${describeState(product)}.`,
    )
    return productRecordJson(product)
  }
}

type ChangeFlags = {
  name: string | undefined
  sku: string | undefined
  'no-sku': boolean
  enable: boolean
  disable: boolean
  'max-per-order': number | null | undefined
}

/** Undefined if no flag says what to change. */
function readChange({enable, disable, ...flags}: ChangeFlags): ProductChange | undefined {
  const change = {
    name: flags.name,
    sku: flags['no-sku'] ? null : flags.sku,
    enabled: enable || disable ? !disable : undefined,
    maxPerOrder: flags['max-per-order'],
  }
  return Object.values(change).every((value) => value === undefined) ? undefined : change
}

async function askChange(db: Knex, id: number): Promise<ProductChange> {
  const product = await findProduct(db, id)
  const name = await askNewName(product.name)
  return {name, enabled: await askConfirmation('For sale?', {isDefault: product.enabled})}
}
