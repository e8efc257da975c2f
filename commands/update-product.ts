import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {idArg} from '../src/cli/flags/id-arg.ts'
import {askNewName} from '../src/cli/product-name.ts'
import {searchProduct} from '../src/cli/product-search.ts'
import {askConfirmation, requireTerminal} from '../src/cli/prompts.ts'
import {findProduct, type ProductChange, type ProductState, updateProduct} from '../src/services/products/products.ts'
import {maxLength} from '../src/text.ts'

export default class UpdateProduct extends ShopCommand {
  static override summary = 'Rename a product, or put it on sale or take it off.'
  static override description =
    'Orders keep the name that they were placed under. In a terminal it asks for what is missing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 6 --name "Rice 1 kg"',
    '<%= config.bin %> <%= command.id %> 6 --disable',
    '<%= config.bin %> <%= command.id %> 6 --enable --json',
  ]
  static override args = {
    product: idArg({description: 'the id of the product'}),
  }
  static override flags = {
    name: Flags.string({summary: `the new name, 1 to ${maxLength.productName} characters`, helpValue: 'NAME'}),
    enable: Flags.boolean({summary: 'put it on sale', exclusive: ['disable']}),
    disable: Flags.boolean({summary: 'take it off sale'}),
  }

  async run(): Promise<ProductState> {
    const {args, flags} = await this.parse(UpdateProduct)
    const change = readChange(flags)
    if (args.product === undefined) requireTerminal('Give the id of the PRODUCT.')
    if (change === undefined) requireTerminal('Say what to change with --name, --enable or --disable.')

    const product = await this.withDatabase(async (db) => {
      const id = args.product ?? (await searchProduct(db))
      return updateProduct(db, id, change ?? (await askChange(db, id)))
    })
    const state = product.enabled ? 'enabled' : 'disabled'
    this.log(`Product ${product.id} is ${printable(product.name)}, ${state}.`)
    return product
  }
}

type ChangeFlags = {name: string | undefined; enable: boolean; disable: boolean}

/** Undefined where no flag says what to change. */
function readChange({name, enable, disable}: ChangeFlags): ProductChange | undefined {
  if (enable) return {name, enabled: true}
  if (disable) return {name, enabled: false}
  return name === undefined ? undefined : {name}
}

async function askChange(db: Knex, id: number): Promise<ProductChange> {
  const product = await findProduct(db, id)
  const name = await askNewName(product.name)
  return {name, enabled: await askConfirmation('For sale?', {isDefault: product.enabled})}
}
