import {Flags} from '@oclif/core'

import {chooseProduct} from '../src/cli/ask/product-search.ts'
import {requireConsent, requireValues} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {type ProductRecordJson, productRecordJson} from '../src/json/product.ts'
import {deleteProduct} from '../src/services/products/delete-product.ts'
import {findProduct} from '../src/services/products/products.ts'

export default class DeleteProduct extends ShopCommand {
  static override summary = 'Delete a product that nothing refers to, with its prices and its stock.'
  static override description =
    'A product that was ordered, is in a basket, or has stock movements other than those of its first load stays, ' +
    'because orders and the ledger refer to it; update-product --disable takes it off sale. In a terminal, asks for ' +
    'confirmation.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 51',
    {
      description: 'By name, without a question',
      command: '<%= config.bin %> <%= command.id %> "Olive Oil" --yes --json',
    },
  ]
  static override args = {
    product: productArg(),
  }
  static override flags = {
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
  }

  async run(): Promise<ProductRecordJson> {
    const {args, flags} = await this.parse(DeleteProduct)
    requireValues({PRODUCT: args.product, '--yes': flags.yes}, 'to delete a product')

    const product = await this.withDatabase(async (db) => {
      const id = await chooseProduct(db, args.product)
      const {name} = await findProduct(db, id)
      if (!flags.yes) await requireConsent(`Delete product ${id}, ${printable(name)}?`, 'Nothing was deleted.')
      return deleteProduct(db, id)
    })
    this.log(`Deleted product ${product.id}, ${printable(product.name)}.`)
    return productRecordJson(product)
  }
}
