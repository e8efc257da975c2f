import {Args} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {askText, requireTerminal} from '../src/cli/ask/prompts.ts'
import {createPool, type Pool} from '../src/services/stock/pools.ts'

export default class CreatePool extends ShopCommand {
  static override summary = 'Create a stock pool, such as a warehouse or a store.'
  static override description =
    'A new stock pool is empty: add stock to it with adjust-stock. Orders can take stock from any stock pool.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> east',
    '<%= config.bin %> <%= command.id %> "Warehouse 4" --json',
  ]
  static override args = {
    name: Args.string({description: 'unique name of the stock pool', ignoreStdin: true}),
  }

  async run(): Promise<Pool> {
    const {args} = await this.parse(CreatePool)
    if (args.name === undefined) requireTerminal('Pass NAME, a name for the stock pool.')
    const name = args.name ?? (await askText('Name of the stock pool'))
    const pool = await this.withDatabase(async (db) => createPool(db, name))
    this.log(`Created stock pool ${printable(pool.name)}.`)
    return pool
  }
}
