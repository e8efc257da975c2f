import {Errors, Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {readAmount} from '../src/cli/ask/amount.ts'
import {requireConsent, requireTerminal} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {searchFlag} from '../src/cli/flags/catalogue-flags.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {percentFlag} from '../src/cli/flags/percent-flag.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {formatTime} from '../src/cli/show/format.ts'
import {describeChange, describeChangeCount} from '../src/cli/show/prices.ts'
import {changedPricesJson, type ChangedPricesJson} from '../src/json/price.ts'
import {
  type BulkChange,
  type ChangeCount,
  type ChangedPrice,
  type ChangedPrices,
  changePrices,
  mostShown,
  previewPrices,
} from '../src/services/products/change-prices.ts'
import {countOf} from '../src/text.ts'

/** How many changes the question shows. */
const mostAsked = 10

const noPreview: ChangedPrices = {count: {changed: 0, unchanged: 0}, changes: []}

export default class SetPrices extends ShopCommand {
  static override summary = 'Change the prices of many products by a percentage, all or none.'
  static override description =
    'Changes the prices in one currency, also those of products that cannot be ordered now. A new price is rounded to the ' +
    "nearest multiple of --round, by default the currency's smallest unit; a half is rounded up. Prices that stay the " +
    'same get no entry in the history. Orders of these products wait while prices are changed at once, and not at all for ' +
    `prices with --from. In a terminal, shows what would change and asks for confirmation. --json has the first ${mostShown} changes.`
  static override examples = [
    {description: 'See what would change', command: '<%= config.bin %> <%= command.id %> --percent +5 --dry-run'},
    {
      description: 'From the start of 2030, UTC, to multiples of 5 cents',
      command: '<%= config.bin %> <%= command.id %> --percent +5 --round 0.05 --from 2030-01-01 --yes',
    },
    '<%= config.bin %> <%= command.id %> --percent=-10 --search bread --yes --reason "day-old" --json',
  ]
  static override flags = {
    percent: percentFlag({summary: 'by how much the prices rise, or fall if it is negative', required: true}),
    search: searchFlag({summary: 'only products with these words, or parts of words, in the name'}),
    currency: currencyFlag({summary: 'currency of the prices; SHOP_CURRENCY or USD by default'}),
    from: timeFlag({summary: 'when the prices take effect, in UTC unless it has an offset; now by default'}),
    round: Flags.string({summary: 'amount whose multiples the new prices are', helpValue: 'AMOUNT'}),
    'dry-run': Flags.boolean({summary: 'print every change, and change nothing'}),
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
    reason: reasonFlag(),
  }

  async run(): Promise<ChangedPricesJson> {
    const {flags} = await this.parse(SetPrices)
    const {currency = this.shopConfig().currency, from: effectiveFrom, 'dry-run': isDryRun, search} = flags
    if (!flags.yes && !isDryRun) requireTerminal('Pass --dry-run to see what would change, or --yes to change it.')
    const step = flags.round === undefined ? 1 : readAmount(flags.round, currency)
    if (step === 0) throw new Errors.CLIError('--round must be more than 0.')

    const change = {currency, factor: flags.percent, step, search, effectiveFrom}
    const result = await this.withDatabase(async (db) => {
      const {count, changes} = flags.yes && !isDryRun ? noPreview : await this.preview(db, change, isDryRun)
      const isNothing = !flags.yes && count.changed === 0
      if (isDryRun || isNothing) return {count, changes, isApplied: false}
      if (!flags.yes) await this.confirm(count, changes, change)
      return {...(await changePrices(db, change, this.operator(flags.reason))), isApplied: true}
    })
    const {count, changes, isApplied} = result
    this.log(describeChangeCount(count, {currency, isApplied, effectiveFrom}))
    return changedPricesJson({...count, currency, effectiveFrom, isApplied, changes})
  }

  private async preview(db: Knex, change: BulkChange, isPrinted: boolean): Promise<ChangedPrices> {
    const changes: ChangedPrice[] = []
    const count = await previewPrices(db, change, (prices) => {
      changes.push(...prices.slice(0, mostShown - changes.length))
      if (isPrinted) for (const price of prices) this.log(describeChange(price, change.currency))
    })
    return {count, changes}
  }

  private async confirm({changed}: ChangeCount, changes: ChangedPrice[], change: BulkChange): Promise<void> {
    const shown = changes.slice(0, mostAsked)
    const others = changed > shown.length ? [`and ${changed - shown.length} more; --dry-run prints all`] : []
    const lines = [...shown.map((price) => describeChange(price, change.currency)), ...others]
    for (const line of lines) this.logToStderr(line)
    const from = change.effectiveFrom === undefined ? 'now' : `from ${formatTime(change.effectiveFrom)} UTC`
    await requireConsent(`Change ${countOf(changed, 'price')} ${from}?`, 'Nothing was changed.')
  }
}
