import {Errors, Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {requireConsent, requireTerminal} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {idFlag} from '../src/cli/flags/number-flags.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {describeScheduled} from '../src/cli/show/prices.ts'
import {cancelledPricesJson, type CancelledPricesJson} from '../src/json/price.ts'
import {cancelPrices, findScheduled, type ScheduledFilter} from '../src/services/products/cancel-prices.ts'
import {identifyProduct} from '../src/services/products/identify-product.ts'
import {countOf} from '../src/text.ts'

/** How many prices the question shows. */
const mostAsked = 10

export default class CancelPrice extends ShopCommand {
  static override summary = 'Cancel prices that are scheduled, before they take effect.'
  static override description =
    'Cancels the scheduled prices that match PRODUCT and every flag; pass PRODUCT, --id or --from. list-prices shows their ' +
    'ids. A price that has taken effect cannot be cancelled: set another one. In a terminal, asks for confirmation.'
  static override examples = [
    '<%= config.bin %> set-price 6 4.50 --from 2030-01-01',
    {description: 'All scheduled prices of a product', command: '<%= config.bin %> <%= command.id %> 6 --yes'},
    '<%= config.bin %> set-price 6 4.60 --from 2030-01-01',
    {
      description: 'What was scheduled for that time, also by set-prices',
      command: '<%= config.bin %> <%= command.id %> --from 2030-01-01 --yes --json',
    },
  ]
  static override args = {
    product: productArg(),
  }
  static override flags = {
    id: idFlag({summary: 'id of the price'}),
    currency: currencyFlag({summary: 'only prices in this currency'}),
    from: timeFlag({summary: 'only prices that take effect at this time, in UTC unless it has an offset'}),
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
  }

  async run(): Promise<CancelledPricesJson> {
    const {args, flags} = await this.parse(CancelPrice)
    const {id, currency, from: effectiveFrom} = flags
    if (args.product === undefined && id === undefined && effectiveFrom === undefined) {
      throw new Errors.CLIError('Pass PRODUCT, --id or --from, to say which prices to cancel.')
    }
    if (!flags.yes) requireTerminal('Pass --yes to cancel prices.')

    const cancelled = await this.withDatabase(async (db) => {
      const productId = args.product && (await identifyProduct(db, args.product))
      const filter = {productId, id, currency, effectiveFrom}
      if (!flags.yes) await this.confirm(db, filter)
      return cancelPrices(db, filter)
    })
    const {count} = cancelled
    this.log(`Cancelled ${countOf(count, 'scheduled price')}.`)
    return cancelledPricesJson(cancelled)
  }

  private async confirm(db: Knex, filter: ScheduledFilter): Promise<void> {
    const {count, prices} = await findScheduled(db, filter)
    const shown = prices.slice(0, mostAsked)
    for (const price of shown) this.logToStderr(describeScheduled(price))
    if (count > shown.length) this.logToStderr(`and ${count - shown.length} more`)
    await requireConsent(`Cancel ${countOf(count, 'scheduled price')}?`, 'Nothing was cancelled.')
  }
}
