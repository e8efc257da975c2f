import {Args, Flags} from '@oclif/core'
import bcrypt from 'bcryptjs'

import {ShopCommand} from '../src/cli/base-command.ts'
import {describeLoad} from '../src/cli/show/describe-load.ts'
import {type FixtureInput, openFixture} from '../src/cli/fixture-input.ts'
import {progressShare, stepsOfLoad} from '../src/cli/show/progress-share.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {encodingFlag} from '../src/cli/flags/encoding-flag.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {type LoadJson, loadJson} from '../src/json/load.ts'
import {loadDemo} from '../src/services/transfer/demo/demo.ts'
import type {FixtureFormat} from '../src/services/transfer/fixture.ts'
import {loadFixture, type LoadOptions, type LoadProgress, type LoadResult} from '../src/services/transfer/load.ts'

const stoppedLate = 'Stopped while the load was being committed. To see whether it was, load the file with --dry-run.'

export default class LoadFixture extends ShopCommand {
  static override summary = 'Load users, products, prices and orders from a file, all or nothing.'
  static override description =
    "Reads the shop's own JSON or NDJSON, as dump-fixture writes them, Django's dumpdata in JSON, JSON Lines or YAML, and CSV of products from any spreadsheet, all of them optionally compressed with gzip or zip; docs/fixtures.md describes them. Records that the shop already has are left as they are, so loading a file twice changes nothing."
  static override examples = [
    {description: 'The demo fixture', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'A file', command: '<%= config.bin %> <%= command.id %> shop.json'},
    {
      description: 'Standard input, prices in euros',
      command: '<%= config.bin %> <%= command.id %> - --format csv --currency EUR < products.csv',
    },
    {
      description: 'Check a file without loading it',
      command: '<%= config.bin %> <%= command.id %> products.ndjson.gz --dry-run',
    },
  ]
  static override args = {
    file: Args.string({
      description: 'the fixture, or - for standard input; the demo fixture by default',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    format: Flags.option({
      options: ['native', 'ndjson', 'django', 'csv'] as const satisfies FixtureFormat[],
      helpValue: 'FORMAT',
      summary: 'native, ndjson, django or csv; detected from the content of the file by default',
    })(),
    encoding: encodingFlag(),
    currency: currencyFlag({summary: 'the currency of amounts that name none; SHOP_CURRENCY or USD by default'}),
    'dry-run': Flags.boolean({summary: 'check the file and count what would be loaded, without writing anything'}),
    reason: reasonFlag(),
  }

  async run(): Promise<LoadJson | undefined> {
    const {args, flags} = await this.parse(LoadFixture)
    const {currency = this.shopConfig().currency, format, encoding, 'dry-run': dryRun} = flags
    const operator = this.operator(flags.reason)
    const result =
      args.file === undefined
        ? await this.withDatabase(async (db) => loadDemo(db, bcrypt, {dryRun, operator}))
        : await this.#load(await openFixture(args.file), {currency, format, encoding, dryRun, operator})
    if (!result) return undefined
    this.logText(describeLoad(result, {dryRun}))
    return loadJson(result)
  }

  /** Undefined if it was interrupted. */
  async #load({bytes, size}: FixtureInput, options: LoadOptions): Promise<LoadResult | undefined> {
    const bar = startProgressBar('records', {isShown: !this.jsonEnabled()})
    const last: Pick<LoadProgress, 'step'> = {step: 'reading'}
    const onProgress = (progress: LoadProgress): void => {
      last.step = progress.step
      bar?.update({step: progress.step, done: progress.records, share: progressShare(stepsOfLoad, progress, size)})
    }
    const result = await untilInterrupted(async (signal) =>
      this.withDatabase(async (db) => loadFixture(db, bcrypt, bytes, {...options, onProgress}), {
        asOwner: true,
        signal,
      }),
    ).finally(() => bar?.stop())
    if (!result) this.logToStderr(last.step === 'committing' ? stoppedLate : 'Stopped. Nothing was changed.')
    return result
  }
}
