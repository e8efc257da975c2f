import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {extensionOf, outputArg, outputFlags, toOutput, writeOutput} from '../src/cli/fixture-output.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {dumpFixture, type DumpResult} from '../src/services/transfer/dump.ts'

export default class DumpFixture extends ShopCommand {
  static override summary = 'Write the whole shop as a fixture, from one moment, while it runs.'
  static override description =
    'What load-fixture reads: users with the hashes of their passwords and tokens, products with all their prices and their stock, and orders. Loaded into an empty database, it dumps to the same bytes.'
  static override examples = [
    {description: 'a file', command: '<%= config.bin %> <%= command.id %> shop.json'},
    {description: 'compressed, a record a line', command: '<%= config.bin %> <%= command.id %> shop.ndjson.gz'},
    {
      description: 'into another database',
      command:
        '<%= config.bin %> <%= command.id %> --format ndjson | DATABASE_URL=postgres://new/shop <%= config.bin %> load-fixture -',
    },
  ]
  static override args = {file: outputArg}
  static override flags = {
    format: Flags.option({
      options: ['native', 'ndjson'] as const,
      summary: 'one object of lists, or a record a line; ndjson for a FILE of that name',
    })(),
    ...outputFlags,
  }

  async run(): Promise<DumpResult | undefined> {
    const {args, flags} = await this.parse(DumpFixture)
    const output = await toOutput(args.file, {...flags, json: this.jsonEnabled()})
    const format = flags.format ?? (extensionOf(output.file) === 'ndjson' ? 'ndjson' : 'native')
    const dumped = await untilInterrupted(async (signal) =>
      this.withDatabase(async (db) => dumpFixture(db, format, async (pieces) => writeOutput(output, pieces, signal))),
    )
    if (dumped && output.file !== undefined) {
      const {users, products, orders} = dumped
      this.log(`Dumped ${users} users, ${products} products and ${orders} orders to ${output.file}.`)
    }
    return dumped
  }
}
