import {Flags} from '@oclif/core'

import {ShopCommand} from '../../src/cli/base-command.ts'
import {askConfirmation, requireTerminal} from '../../src/cli/ask/prompts.ts'
import {rollbackMigrations} from '../../src/db/migrate.ts'

export default class MigrateRollback extends ShopCommand {
  static override summary = 'Roll back the migrations that were last applied together.'
  static override description =
    'Drops the tables that these migrations created, with all their data. After a first installation, that is every table.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --yes']
  static override flags = {
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
  }

  async run(): Promise<{rolled_back: string[]}> {
    const {flags} = await this.parse(MigrateRollback)
    if (!flags.yes) await this.confirm()
    const names = await this.withDatabase(rollbackMigrations)
    for (const name of names) this.log(`Rolled back ${name}`)
    if (names.length === 0) this.log('Nothing to do: no migrations are applied.')
    return {rolled_back: names}
  }

  private async confirm(): Promise<void> {
    requireTerminal('Pass --yes to roll back and delete the data.')
    const isSure = await askConfirmation('Roll back and delete the data in the dropped tables?')
    if (!isSure) this.error('Nothing was rolled back.', {exit: 1})
  }
}
