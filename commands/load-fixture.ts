import {readFile} from 'node:fs/promises'
import {buffer} from 'node:stream/consumers'

import {Args, Errors, Flags} from '@oclif/core'
import bcrypt from 'bcryptjs'

import {ShopCommand} from '../src/cli/base-command.ts'
import {describeLoad} from '../src/cli/describe-load.ts'
import {currencyFlag} from '../src/cli/order-flags.ts'
import {loadDemo} from '../src/services/fixtures/demo.ts'
import type {FixtureFormat} from '../src/services/fixtures/fixture.ts'
import {loadFixture, type LoadResult} from '../src/services/fixtures/load-fixture.ts'

export default class LoadFixture extends ShopCommand {
  static override summary = 'Load users, products, prices and orders from a file: all of it or nothing.'
  static override description =
    "Takes the shop's own JSON, Django's dumpdata JSON, and CSV of products; docs/fixtures.md describes them. What the shop has already is left as it is: loading twice changes nothing."
  static override examples = [
    {description: 'the demo fixture', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'a file', command: '<%= config.bin %> <%= command.id %> dump.json'},
    {
      description: 'standard input, prices in euros',
      command: '<%= config.bin %> <%= command.id %> - --format csv --currency EUR < products.csv',
    },
  ]
  static override args = {
    file: Args.string({
      description: 'the fixture, or - for standard input; the demo fixture without it',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    format: Flags.option({
      options: ['native', 'django', 'csv'] as const satisfies FixtureFormat[],
      summary: 'the form of the file, where its content does not tell',
    })(),
    currency: currencyFlag({summary: 'of amounts that name none; SHOP_CURRENCY or USD without it'}),
  }

  async run(): Promise<LoadResult> {
    const {args, flags} = await this.parse(LoadFixture)
    const {currency = this.shopConfig().currency, format} = flags
    const content = args.file === undefined ? undefined : await readContent(args.file)
    const result = await this.withDatabase(async (db) =>
      content === undefined ? loadDemo(db, bcrypt) : loadFixture(db, bcrypt, content, {currency, format}),
    )
    this.log(describeLoad(result))
    return result
  }
}

async function readContent(file: string): Promise<Uint8Array> {
  if (file === '-') return buffer(process.stdin)
  try {
    return await readFile(file)
  } catch (error) {
    const {message} = error as NodeJS.ErrnoException
    throw new Errors.CLIError(`The file cannot be read. ${message}`, {exit: 2})
  }
}
