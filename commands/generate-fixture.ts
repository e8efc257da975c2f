import {Errors, Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {extensionOf, outputArg, outputFlags, toOutput, writeOutput} from '../src/cli/fixture-output.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {type FixtureSize, generateFixture} from '../src/services/transfer/generate/generate-fixture.ts'
import {generateCsv} from '../src/services/transfer/generate/generate-products.ts'
import {inPieces, writeRecords} from '../src/services/transfer/formats/native/write-native.ts'

/** So that ids, which are numbers from 1, and their seeds stay exact. */
const most = 1_000_000_000

const count = (summary: string) => Flags.integer({summary, default: 0, min: 0, max: most})

export default class GenerateFixture extends ShopCommand {
  static override summary = 'Make up a fixture for load tests: the same for the same numbers and seed.'
  static override description =
    'Every user has the password "generated" and one token, which the fixture has in plain text: not for a shop that others can reach.'
  static override examples = [
    {
      description: 'a million products',
      command: '<%= config.bin %> <%= command.id %> products.csv --products 1000000',
    },
    {
      description: 'straight into a shop',
      command:
        '<%= config.bin %> <%= command.id %> --products 1000 --users 50 --orders 200 --seed 7 | <%= config.bin %> load-fixture -',
    },
  ]
  static override args = {file: outputArg}
  static override flags = {
    products: count('how many products'),
    users: count('how many users'),
    orders: count('how many orders, which users placed'),
    seed: Flags.integer({summary: 'another one makes up others', default: 1, min: 0}),
    format: Flags.option({
      options: ['native', 'ndjson', 'csv'] as const,
      summary: 'csv has products alone; the name of FILE tells, native otherwise',
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
      throw new Errors.CLIError('CSV has products alone. Give --format native or ndjson for users and orders.')
    }
    const size = {users, products, orders, seed}
    const pieces = format === 'csv' ? inPieces(generateCsv(size)) : writeRecords(format, generateFixture(size))
    const isDone = await untilInterrupted(async (signal) => writeOutput(output, pieces, signal).then(() => true))
    return isDone === true ? size : undefined
  }
}

function formatOf(file: string | undefined): 'csv' | 'native' | 'ndjson' {
  const extension = extensionOf(file)
  return extension === 'csv' || extension === 'ndjson' ? extension : 'native'
}
