import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {extensionOf, outputArg, outputFlags, toOutput, writeOutput} from '../src/cli/file-output.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {dumpFixture, type DumpProgress, type DumpResult} from '../src/services/transfer/dump.ts'

export default class DumpFixture extends ShopCommand {
  static override summary = 'Dump a consistent snapshot of the whole shop while it keeps running.'
  static override description =
    'The fixture has users with the hashes of their passwords and tokens, products with all their prices and their stock, and orders. load-fixture reads it. Loaded into an empty database, it dumps to the same bytes.'
  static override examples = [
    {description: 'A file', command: '<%= config.bin %> <%= command.id %> shop.json'},
    {description: 'Compressed, one record per line', command: '<%= config.bin %> <%= command.id %> shop.ndjson.gz'},
    {
      description: 'Into another, empty database',
      command:
        'export NEW=postgres://new/shop; DATABASE_URL=$NEW <%= config.bin %> migrate && <%= config.bin %> <%= command.id %> | DATABASE_URL=$NEW <%= config.bin %> load-fixture -',
    },
  ]
  static override args = {file: outputArg}
  static override flags = {
    format: Flags.option({
      options: ['native', 'ndjson'] as const,
      helpValue: 'FORMAT',
      summary:
        'native, one object of lists, or ndjson, one record per line; ndjson by default if FILE is named .ndjson',
    })(),
    ...outputFlags,
  }

  async run(): Promise<DumpResult | undefined> {
    const {args, flags} = await this.parse(DumpFixture)
    const output = await toOutput(args.file, {...flags, json: this.jsonEnabled()})
    const format = flags.format ?? (extensionOf(output.file) === 'ndjson' ? 'ndjson' : 'native')
    const bar = startProgressBar('records', {isShown: output.file !== undefined && !this.jsonEnabled()})
    const onProgress =
      bar &&
      (({done, total, kind}: DumpProgress) => {
        bar.update({share: done / total, done, step: `${kind}s`})
      })
    const dumped = await untilInterrupted(async (signal) =>
      this.withDatabase(
        async (db) => dumpFixture(db, format, async (pieces) => writeOutput(output, pieces, signal), onProgress),
        {signal},
      ),
    ).finally(() => bar?.stop())
    if (!dumped) this.logToStderr(output.file === undefined ? 'Stopped.' : 'Stopped. No file was written.')
    if (dumped && output.file !== undefined) {
      const {users, products, orders} = dumped
      this.log(`Dumped ${users} users, ${products} products and ${orders} orders to ${output.file}.`)
    }
    return dumped
  }
}
