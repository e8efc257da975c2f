import {Args, Flags} from '@oclif/core'

import {askText, requireConsent, requireValues} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {deletePool, type Pool} from '../src/services/stock/pools.ts'

export default class DeletePool extends ShopCommand {
  static override summary = 'Delete a stock pool that never had stock.'
  static override description =
    'A stock pool that had stock stays, even when it is empty: the ledger has its movements, and orders that are ' +
    'cancelled return their stock to it. The stock pool default stays as well. In a terminal, asks for confirmation.'
  static override examples = [
    '<%= config.bin %> create-pool "Warehouse 4"',
    '<%= config.bin %> <%= command.id %> "Warehouse 4" --yes',
  ]
  static override args = {
    name: Args.string({description: 'name of the stock pool', ignoreStdin: true}),
  }
  static override flags = {
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
  }

  async run(): Promise<Pool> {
    const {args, flags} = await this.parse(DeletePool)
    requireValues({NAME: args.name, '--yes': flags.yes}, 'to delete a stock pool')
    const name = args.name ?? (await askText('Name of the stock pool'))
    if (!flags.yes) await requireConsent(`Delete stock pool ${printable(name)}?`, 'Nothing was deleted.')
    const pool = await this.withDatabase(async (db) => deletePool(db, name))
    this.log(`Deleted stock pool ${printable(pool.name)}.`)
    return pool
  }
}
