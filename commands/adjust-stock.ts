import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {integerFlag} from '../src/cli/flags/number-flags.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {chooseProduct} from '../src/cli/ask/product-search.ts'
import {askWholeNumber, hasTerminal, requireConsent, requireValues} from '../src/cli/ask/prompts.ts'
import {adjustedStockJson, type AdjustedStockJson} from '../src/json/stock.ts'
import {LargeStockChangeError} from '../src/errors.ts'
import type {Operator} from '../src/services/operator.ts'
import {type AdjustedStock, adjustStock, maxOnHand, type StockAdjustment} from '../src/services/stock/adjust.ts'

export default class AdjustStock extends ShopCommand {
  static override summary = 'Add or remove stock of a product, or set its quantity.'
  static override description =
    'Every change is recorded as a movement in the ledger, with the operator and the reason. Stock that baskets hold cannot be removed; release-holds ends ' +
    'their holds. A change of more than a hundredfold needs --yes or, in a terminal, an answer. In a terminal, asks for ' +
    'missing values.'
  static override examples = [
    {description: 'Add 12 of product 6', command: '<%= config.bin %> <%= command.id %> 6 --by 12'},
    {
      description: 'Remove 3 from the stock pool east',
      command: '<%= config.bin %> <%= command.id %> 6 --by=-3 --pool east',
    },
    {description: 'Set the quantity that was counted', command: '<%= config.bin %> <%= command.id %> 6 --to 40 --json'},
  ]
  static override args = {
    product: productArg(),
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
    yes: Flags.boolean({char: 'y', summary: 'do not ask about a change of more than a hundredfold'}),
  }

  async run(): Promise<AdjustedStockJson> {
    const {args, flags} = await this.parse(AdjustStock)
    const change = readChange(flags)
    requireValues({PRODUCT: args.product, '--by or --to': change})

    const adjusted = await this.withDatabase(async (db) => {
      const adjustment = {
        refuseLarge: !flags.yes,
        productId: await chooseProduct(db, args.product),
        pool: flags.pool,
        change: change ?? {
          to: await askWholeNumber(`Quantity in stock pool ${printable(flags.pool)}?`, {min: 0, max: maxOnHand}),
        },
      }
      return this.adjust(db, adjustment, this.operator(flags.reason))
    })
    const {productId, pool, before, after} = adjusted
    this.log(`Product ${productId} in stock pool ${printable(pool)}: ${before} -> ${after}.`)
    return adjustedStockJson(adjusted)
  }

  /** Asks about a change that may be a slip of the keyboard. */
  private async adjust(db: Knex, adjustment: StockAdjustment, operator: Operator): Promise<AdjustedStock> {
    try {
      return await adjustStock(db, adjustment, operator)
    } catch (error) {
      if (!(error instanceof LargeStockChangeError) || !hasTerminal()) throw error
      const {before, after} = error.change
      await requireConsent(`Change ${before} to ${after}, more than a hundredfold?`, 'Nothing was changed.')
      return adjustStock(db, {...adjustment, refuseLarge: false}, operator)
    }
  }
}

function readChange({by, to}: {by: number | undefined; to: number | undefined}): StockAdjustment['change'] | undefined {
  if (by !== undefined) return {by}
  return to === undefined ? undefined : {to}
}
