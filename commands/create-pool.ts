import {Args} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {askText, requireTerminal} from '../src/cli/prompts.ts'
import {createPool, type Pool} from '../src/services/stock/pools.ts'

export default class CreatePool extends ShopCommand {
  static override summary = 'Create a pool, such as a warehouse or a shelf, to keep stock in.'
  static override description =
    'It is empty at first: adjust-stock puts products into it. Orders take from every pool that has what they ask for.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> east',
    '<%= config.bin %> <%= command.id %> "Shelf 4" --json',
  ]
  static override args = {
    name: Args.string({description: 'a name that no other pool has', ignoreStdin: true}),
  }

  async run(): Promise<Pool> {
    const {args} = await this.parse(CreatePool)
    if (args.name === undefined) requireTerminal('Give the NAME of the pool.')
    const name = args.name ?? (await askText('Name of the pool'))
    const pool = await this.withDatabase(async (db) => createPool(db, name))
    this.log(`Created pool ${printable(pool.name)}.`)
    return pool
  }
}
