import {Flags} from '@oclif/core'

import {ShopCommand} from '../../src/cli/base-command.ts'
import {askConfirmation, requireTerminal} from '../../src/cli/prompts.ts'
import {rollbackMigrations} from '../../src/db/migrate.ts'

export default class MigrateRollback extends ShopCommand {
  static override summary = 'Take back the migrations that were applied last, together.'
  static override description = 'Tables that they created are dropped, with all that is in them.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --yes']
  static override flags = {
    yes: Flags.boolean({char: 'y', summary: 'do it without asking'}),
  }

  async run(): Promise<{rolled_back: string[]}> {
    const {flags} = await this.parse(MigrateRollback)
    if (!flags.yes) await this.confirm()
    const names = await this.withDatabase(rollbackMigrations)
    for (const name of names) this.log(`Rolled back ${name}`)
    if (names.length === 0) this.log('Nothing to do: no migration is applied.')
    return {rolled_back: names}
  }

  private async confirm(): Promise<void> {
    requireTerminal('Give --yes to roll back and lose the data.')
    const isSure = await askConfirmation('Roll back, and lose what is in the tables?')
    if (!isSure) this.error('Nothing was rolled back.', {exit: 1})
  }
}
