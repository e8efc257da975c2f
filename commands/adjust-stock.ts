import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {idArg, integerFlag} from '../src/cli/flags/number-flags.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {searchProduct} from '../src/cli/ask/product-search.ts'
import {askWholeNumber, requireTerminal} from '../src/cli/ask/prompts.ts'
import {adjustStock, maxOnHand, type StockAdjustment} from '../src/services/stock/adjust.ts'

type AdjustedStockJson = {product_id: number; pool: string; before: number; after: number}

export default class AdjustStock extends ShopCommand {
  static override summary = 'Add or remove stock of a product, or set its quantity.'
  static override description =
    'Every change is recorded as a movement in the ledger, with the operator and the reason. Stock that baskets hold cannot be removed; release-holds ends ' +
    'their holds. In a terminal, asks for missing values.'
  static override examples = [
    {description: 'Add 12 of product 6', command: '<%= config.bin %> <%= command.id %> 6 --by 12'},
    {
      description: 'Remove 3 from the stock pool east',
      command: '<%= config.bin %> <%= command.id %> 6 --by=-3 --pool east',
    },
    {description: 'Set the quantity that was counted', command: '<%= config.bin %> <%= command.id %> 6 --to 40 --json'},
  ]
  static override args = {
    product: idArg({description: 'product id'}),
  }
  static override flags = {
    by: integerFlag({
      summary: 'quantity to add, or to remove if negative',
      min: -maxOnHand,
      max: maxOnHand,
      exclusive: ['to'],
    }),
    to: integerFlag({summary: 'new quantity', min: 0, max: maxOnHand}),
    pool: Flags.string({summary: 'stock pool to change', helpValue: 'NAME', default: 'default'}),
    reason: reasonFlag(),
  }

  async run(): Promise<AdjustedStockJson> {
    const {args, flags} = await this.parse(AdjustStock)
    const change = readChange(flags)
    if (args.product === undefined) requireTerminal('Pass PRODUCT, a product id.')
    if (change === undefined) requireTerminal('Pass --by or --to.')

    const {productId, pool, before, after} = await this.withDatabase(async (db) => {
      const adjustment = {
        productId: args.product ?? (await searchProduct(db)),
        pool: flags.pool,
        change: change ?? {
          to: await askWholeNumber(`Quantity in stock pool ${printable(flags.pool)}?`, {min: 0, max: maxOnHand}),
        },
      }
      return adjustStock(db, adjustment, this.operator(flags.reason))
    })
    this.log(`Product ${productId} in stock pool ${printable(pool)}: ${before} -> ${after}.`)
    return {product_id: productId, pool, before, after}
  }
}

function readChange({by, to}: {by: number | undefined; to: number | undefined}): StockAdjustment['change'] | undefined {
  if (by !== undefined) return {by}
  return to === undefined ? undefined : {to}
}
