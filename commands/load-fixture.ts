import {Args, Flags} from '@oclif/core'
import bcrypt from 'bcryptjs'

import {ShopCommand} from '../src/cli/base-command.ts'
import {describeLoad} from '../src/cli/show/describe-load.ts'
import {type FixtureInput, openFixture} from '../src/cli/fixture-input.ts'
import {startLoadBar} from '../src/cli/show/load-progress.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {loadDemo} from '../src/services/transfer/demo/demo.ts'
import type {FixtureFormat} from '../src/services/transfer/fixture.ts'
import {loadFixture, type LoadOptions, type LoadResult} from '../src/services/transfer/load.ts'

export default class LoadFixture extends ShopCommand {
  static override summary = 'Load users, products, prices and orders from a file: all of it or nothing.'
  static override description =
    "Takes the shop's own JSON or NDJSON, as dump-fixture writes them, Django's dumpdata JSON, and CSV of products, all of them plain or in gzip; docs/fixtures.md describes them. What the shop has already is left as it is: loading twice changes nothing."
  static override examples = [
    {description: 'the demo fixture', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'a file', command: '<%= config.bin %> <%= command.id %> dump.json'},
    {
      description: 'standard input, prices in euros',
      command: '<%= config.bin %> <%= command.id %> - --format csv --currency EUR < products.csv',
    },
    {description: 'only a look', command: '<%= config.bin %> <%= command.id %> products.ndjson.gz --dry-run'},
  ]
  static override args = {
    file: Args.string({
      description: 'the fixture, or - for standard input; the demo fixture without it',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    format: Flags.option({
      options: ['native', 'ndjson', 'django', 'csv'] as const satisfies FixtureFormat[],
      summary: 'the form of the file, where its content does not tell',
    })(),
    currency: currencyFlag({summary: 'of amounts that name none; SHOP_CURRENCY or USD without it'}),
    'dry-run': Flags.boolean({summary: 'find what is wrong, and count what would be loaded, but write nothing'}),
  }

  async run(): Promise<LoadResult> {
    const {args, flags} = await this.parse(LoadFixture)
    const {currency = this.shopConfig().currency, format, 'dry-run': dryRun} = flags
    const result =
      args.file === undefined
        ? await this.withDatabase(async (db) => loadDemo(db, bcrypt, {dryRun}))
        : await this.#load(await openFixture(args.file), {currency, format, dryRun})
    this.log(describeLoad(result, {dryRun}))
    return result
  }

  async #load({bytes, size}: FixtureInput, options: LoadOptions): Promise<LoadResult> {
    return this.withDatabase(async (db) => {
      const bar = process.stderr.isTTY && !this.jsonEnabled() ? startLoadBar(size) : undefined
      try {
        return await loadFixture(db, bcrypt, bytes, {...options, ...(bar && {onProgress: bar.update})})
      } finally {
        bar?.stop()
      }
    })
  }
}
