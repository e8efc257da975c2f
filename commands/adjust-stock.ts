import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {idArg} from '../src/cli/flags/id-arg.ts'
import {searchProduct} from '../src/cli/product-search.ts'
import {askWholeNumber, requireTerminal} from '../src/cli/prompts.ts'
import {adjustStock, maxOnHand, type StockAdjustment} from '../src/services/stock/adjust.ts'

type AdjustedStockJson = {product_id: number; pool: string; before: number; after: number}

export default class AdjustStock extends ShopCommand {
  static override summary = 'Put products into a pool, take them out, or set how many there are.'
  static override description =
    'Every change is a movement in the ledger. What is reserved cannot be taken out. In a terminal it asks for what is missing.'
  static override examples = [
    {description: '12 more of product 6', command: '<%= config.bin %> <%= command.id %> 6 --by 12'},
    {description: '3 fewer in the pool east', command: '<%= config.bin %> <%= command.id %> 6 --by=-3 --pool east'},
    {description: 'as counted', command: '<%= config.bin %> <%= command.id %> 6 --to 40 --json'},
  ]
  static override args = {
    product: idArg({description: 'the id of the product'}),
  }
  static override flags = {
    by: Flags.integer({
      summary: 'how many come, or with a minus go',
      helpValue: 'N',
      min: -maxOnHand,
      max: maxOnHand,
      exclusive: ['to'],
    }),
    to: Flags.integer({summary: 'how many there are from now on', helpValue: 'N', min: 0, max: maxOnHand}),
    pool: Flags.string({summary: 'where they are', helpValue: 'NAME', default: 'default'}),
  }

  async run(): Promise<AdjustedStockJson> {
    const {args, flags} = await this.parse(AdjustStock)
    const change = readChange(flags)
    if (args.product === undefined) requireTerminal('Give the id of the PRODUCT.')
    if (change === undefined) requireTerminal('Say how many with --by or --to.')

    const {productId, pool, before, after} = await this.withDatabase(async (db) =>
      adjustStock(db, {
        productId: args.product ?? (await searchProduct(db)),
        pool: flags.pool,
        change: change ?? {
          to: await askWholeNumber(`How many are there in pool ${printable(flags.pool)}?`, {min: 0, max: maxOnHand}),
        },
      }),
    )
    this.log(`Product ${productId} in pool ${printable(pool)}: ${before} -> ${after}.`)
    return {product_id: productId, pool, before, after}
  }
}

function readChange({by, to}: {by: number | undefined; to: number | undefined}): StockAdjustment['change'] | undefined {
  if (by !== undefined) return {by}
  return to === undefined ? undefined : {to}
}
