import {Args} from '@oclif/core'

import {askText, requireValues} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {type Pool, renamePool} from '../src/services/stock/pools.ts'

export default class RenamePool extends ShopCommand {
  static override summary = 'Give a stock pool another name.'
  static override description =
    'Its stock and its movements stay with it. Fixtures name stock pools, so one that names the old pool creates it ' +
    'again. The stock pool default keeps its name. In a terminal, asks for missing values.'
  static override examples = [
    '<%= config.bin %> create-pool east',
    '<%= config.bin %> <%= command.id %> east "Warehouse 4"',
    '<%= config.bin %> <%= command.id %> "Warehouse 4" east --json',
  ]
  static override args = {
    name: Args.string({description: 'name of the stock pool', ignoreStdin: true}),
    newName: Args.string({name: 'new-name', description: 'new unique name', ignoreStdin: true}),
  }

  async run(): Promise<Pool> {
    const {args} = await this.parse(RenamePool)
    requireValues({NAME: args.name, NEWNAME: args.newName})
    const name = args.name ?? (await askText('Name of the stock pool'))
    const newName = args.newName ?? (await askText('New name'))
    const pool = await this.withDatabase(async (db) => renamePool(db, name, newName))
    this.log(`Renamed stock pool ${printable(name)} to ${printable(pool.name)}.`)
    return pool
  }
}
