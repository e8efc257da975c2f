import {Args, Errors, Flags} from '@oclif/core'

import {chooseProduct} from '../src/cli/ask/product-search.ts'
import {askText, askWholeNumber, requireValues} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {parseWholeNumber} from '../src/cli/flags/number-flags.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {printable} from '../src/cli/show/format.ts'
import {movedStockJson, type MovedStockJson} from '../src/json/stock.ts'
import {maxOnHand} from '../src/services/stock/adjust.ts'
import {moveStock} from '../src/services/stock/move.ts'

export default class MoveStock extends ShopCommand {
  static override summary = 'Move stock of a product from one stock pool to another.'
  static override description =
    'Both changes are recorded in the ledger at once, so the stock of the product is never less meanwhile. Stock that ' +
    'baskets hold stays where it is. In a terminal, asks for missing values.'
  static override examples = [
    '<%= config.bin %> create-pool east',
    '<%= config.bin %> <%= command.id %> 6 12 --from default --to east',
    '<%= config.bin %> <%= command.id %> "Sourdough Bread" 12 --from east --to default --reason "fair is over" --json',
  ]
  static override args = {
    product: productArg(),
    quantity: Args.custom<number>({
      description: 'how many units',
      ignoreStdin: true,
      async parse(input) {
        const quantity = parseWholeNumber(input)
        if (quantity === undefined || quantity > maxOnHand) {
          throw new Errors.CLIError(`"${input}" is not a valid quantity. Use a whole number from 1 to ${maxOnHand}.`)
        }
        return Promise.resolve(quantity)
      },
    })(),
  }
  static override flags = {
    from: Flags.string({summary: 'stock pool to take it from', helpValue: 'NAME'}),
    to: Flags.string({summary: 'stock pool to put it in', helpValue: 'NAME'}),
    reason: reasonFlag(),
  }

  async run(): Promise<MovedStockJson> {
    const {args, flags} = await this.parse(MoveStock)
    requireValues({PRODUCT: args.product, QUANTITY: args.quantity, '--from': flags.from, '--to': flags.to})
    const moved = await this.withDatabase(async (db) => {
      const move = {
        productId: await chooseProduct(db, args.product),
        quantity: args.quantity ?? (await askWholeNumber('How many?', {max: maxOnHand})),
        from: flags.from ?? (await askText('From stock pool')),
        to: flags.to ?? (await askText('To stock pool')),
      }
      return moveStock(db, move, this.operator(flags.reason))
    })
    const {productId, quantity, from, to} = moved
    this.log(
      `Moved ${quantity} of product ${productId} from stock pool ${printable(from.pool)} to ${printable(to.pool)}.`,
    )
    for (const {pool, before, after} of [from, to]) this.log(`  ${printable(pool)}: ${before} -> ${after}`)
    return movedStockJson(moved)
  }
}
