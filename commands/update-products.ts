import {Args, Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {askConfirmation, hasTerminal, isInterrupt} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {openFixture} from '../src/cli/fixture-input.ts'
import {standardOutput, writeOutput} from '../src/cli/file-output.ts'
import {encodingFlag} from '../src/cli/flags/encoding-flag.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {wrapForTerminal} from '../src/cli/show/print-error.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import {progressShare, stepsOfUpdate} from '../src/cli/show/progress-share.ts'
import {describeCounts, describeLineChange, describeUpdate} from '../src/cli/show/product-changes.ts'
import {interruptedExitCode, untilInterrupted} from '../src/cli/signals.ts'
import {productUpdateJson, type ProductUpdateJson} from '../src/json/product-update.ts'
import {inPieces} from '../src/services/transfer/formats/native/write-native.ts'
import {updateKeys} from '../src/services/transfer/formats/csv/read-updates.ts'
import type {LineChange} from '../src/services/transfer/update/list-changes.ts'
import {
  updateProducts,
  type UpdatePlan,
  type UpdateProgress,
  type UpdateResult,
} from '../src/services/transfer/update/update-products.ts'

/** How many changed lines are shown before the question, and how many --json has. */
const shownBefore = 20
const shownInJson = 1000

export default class UpdateProducts extends ShopCommand {
  static override summary = 'Change names, prices and stock of many products from a CSV file, all or nothing.'
  static override description =
    'The columns are id, sku, name, enabled, max_per_order, price, price:CURRENCY, stock, stock:POOL, currency and ' +
    'effective_from, in any combination. Product exports of Shopify and WooCommerce work as well; docs/fixtures.md ' +
    'describes both. An empty field changes nothing. Stock is the new quantity on hand. Changes are recorded in the ledger ' +
    'and the price history, with the operator and the reason. In a terminal, shows the first changes and asks.'
  static override examples = [
    {
      description: 'Show what would change',
      command: 'printf "id,price,stock\\n6,2.75,60\\n" | <%= config.bin %> <%= command.id %> - --dry-run',
    },
    {
      description: 'Products identified by name, without a question',
      command:
        'printf "name,stock\\nSourdough Bread,80\\n" | <%= config.bin %> <%= command.id %> - --by name --yes --reason "counted"',
    },
  ]
  static override args = {
    file: Args.string({
      description: 'the CSV file, may be compressed with gzip or zip; - for standard input',
      ignoreStdin: true,
      required: true,
    }),
  }
  static override flags = {
    by: Flags.option({
      options: updateKeys,
      helpValue: 'COLUMN',
      summary: `the column that identifies the product of a line: ${updateKeys.join(', ')}; by default the first of these that the file has`,
    })(),
    currency: currencyFlag({summary: 'the currency of prices that name none; SHOP_CURRENCY or USD by default'}),
    encoding: encodingFlag(),
    'dry-run': Flags.boolean({summary: 'print what would change, line by line, and change nothing'}),
    yes: Flags.boolean({char: 'y', summary: 'do not ask'}),
    reason: reasonFlag(),
  }

  async run(): Promise<ProductUpdateJson | undefined> {
    const {args, flags} = await this.parse(UpdateProducts)
    const {by, encoding, currency = this.shopConfig().currency, 'dry-run': dryRun} = flags
    const listed: LineChange[] = []
    const {bytes, size} = await openFixture(args.file)
    const showBar = () => startProgressBar('products', {isShown: !this.jsonEnabled()})
    let bar = showBar()

    const update = async (db: Knex, signal: AbortSignal): Promise<UpdateResult> => {
      const review = async (plan: UpdatePlan): Promise<boolean> => {
        if (this.jsonEnabled()) for await (const change of plan.list(shownInJson)) listed.push(change)
        if (!dryRun && (flags.yes || !hasTerminal() || plan.changed === 0)) return true
        bar?.stop()
        if (dryRun && !this.jsonEnabled()) await writeOutput(standardOutput, inPieces(textOf(plan)), signal)
        if (dryRun || !(await this.#confirm(plan))) return false
        bar = showBar()
        return true
      }
      const onProgress = (progress: UpdateProgress): void => {
        bar?.update({step: progress.step, done: progress.records, share: progressShare(stepsOfUpdate, progress, size)})
      }
      const operator = this.operator(flags.reason)
      return updateProducts(db, bytes, {by, encoding, currency, operator, review, signal, onProgress})
    }
    const result = await this.withDatabase(async (db) =>
      untilInterrupted(async (signal) => update(db, signal).catch(giveUpIfInterrupted)),
    ).finally(() => bar?.stop())
    if (result === undefined) {
      // Its reader would keep the process alive.
      if (args.file === '-') process.stdin.destroy()
      this.logToStderr('Stopped. Nothing was changed.')
      return undefined
    }
    if (!dryRun) this.log(wrapForTerminal(describeUpdate(result), process.stdout))
    return productUpdateJson(result, listed)
  }

  /** Shows the first changes and asks. */
  async #confirm(plan: UpdatePlan): Promise<boolean> {
    for await (const change of plan.list(shownBefore))
      this.logToStderr(wrapForTerminal(describeLineChange(change), process.stderr))
    if (plan.changed > shownBefore) this.logToStderr(`... and ${plan.changed - shownBefore} more lines`)
    return askConfirmation(`Change ${plan.changed} of ${plan.lines} products (${describeCounts(plan)})?`)
  }
}

/** All changes of a dry run, and what they come to. */
async function* textOf(plan: UpdatePlan): AsyncGenerator<string> {
  for await (const change of plan.list()) yield `${describeLineChange(change)}\n`
  yield `${describeUpdate(plan)}\n`
}

function giveUpIfInterrupted(error: unknown): undefined {
  if (!isInterrupt(error)) throw error
  process.exitCode = interruptedExitCode
}
