import {Errors, Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {extensionOf, outputArg, outputFlags, toOutput, writeOutput} from '../src/cli/file-output.ts'
import {integerFlag} from '../src/cli/flags/number-flags.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {type FixtureSize, generateFixture} from '../src/services/transfer/generate/generate-fixture.ts'
import {generateCsv} from '../src/services/transfer/generate/generate-products.ts'
import {inPieces, writeRecords} from '../src/services/transfer/formats/native/write-native.ts'

/** Ids count from 1 to this number, so that they and their seeds stay exact. */
const maxCount = 1_000_000_000

const count = (summary: string) => integerFlag({summary, default: 0, min: 0, max: maxCount})

export default class GenerateFixture extends ShopCommand {
  static override summary = 'Generate a fixture for load tests. The same numbers and seed give the same fixture.'
  static override description =
    'Every user has the password "generated" and one token, which is in the fixture in plain text, so never load it into a public shop. Ids count from 1, so load it into a shop without data.'
  static override examples = [
    {
      description: 'A million products',
      command: '<%= config.bin %> <%= command.id %> products.csv --products 1000000',
    },
    {
      description: 'Straight into an empty database',
      command:
        'export DATABASE_URL=postgres://new/shop; <%= config.bin %> migrate && <%= config.bin %> <%= command.id %> --products 1000 --users 50 --orders 200 --seed 7 | <%= config.bin %> load-fixture -',
    },
  ]
  static override args = {file: outputArg}
  static override flags = {
    products: count('the number of products'),
    users: count('the number of users'),
    orders: count('the number of orders, which the users placed'),
    seed: integerFlag({
      summary: 'a random seed; other seeds give other records',
      default: 1,
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    }),
    format: Flags.option({
      options: ['native', 'ndjson', 'csv'] as const,
      helpValue: 'FORMAT',
      summary: 'native, ndjson or csv, which has products only; by default the extension of FILE, or native',
    })(),
    ...outputFlags,
  }

  async run(): Promise<FixtureSize | undefined> {
    const {args, flags} = await this.parse(GenerateFixture)
    const {users, products, orders, seed} = flags
    const output = await toOutput(args.file, {...flags, json: this.jsonEnabled()})
    const format = flags.format ?? formatOf(output.file)
    if (orders > 0 && (users === 0 || products === 0)) {
      throw new Errors.CLIError('Orders need users and products. Give --users and --products as well.')
    }
    if (format === 'csv' && users > 0) {
      throw new Errors.CLIError('CSV has products only. For users and orders, give --format native or ndjson.')
    }
    const size = {users, products, orders, seed}
    const bar = startProgressBar('records', {isShown: output.file !== undefined && !this.jsonEnabled()})
    const total = users + products + orders
    if (total === 0) this.logWarning('The fixture is empty. Pass --products, --users or --orders.')
    let done = 0
    const onRecord = (): void => bar?.update({share: ++done / total, done, step: 'writing'})
    const pieces =
      format === 'csv'
        ? inPieces(watched(generateCsv(size), onRecord))
        : writeRecords(format, watched(generateFixture(size), onRecord))
    const isDone = await untilInterrupted(async (signal) =>
      writeOutput(output, pieces, signal).then(() => true),
    ).finally(() => bar?.stop())
    if (!isDone) this.logToStderr(output.file === undefined ? 'Stopped.' : 'Stopped. No file was written.')
    else if (output.file !== undefined) {
      this.log(`Wrote ${users} users, ${products} products and ${orders} orders to ${output.file}.`)
    }
    return isDone ? size : undefined
  }
}

function* watched<Item>(items: Iterable<Item>, onItem: () => void): Generator<Item> {
  for (const item of items) {
    yield item
    onItem()
  }
}

function formatOf(file: string | undefined): 'csv' | 'native' | 'ndjson' {
  const extension = extensionOf(file)
  return extension === 'csv' || extension === 'ndjson' ? extension : 'native'
}
