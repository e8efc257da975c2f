import {Errors, Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {askText, requireTerminal} from '../../src/cli/ask/prompts.ts'
import {ShopCommand} from '../../src/cli/base-command.ts'
import {describeRollback} from '../../src/cli/show/rollback.ts'
import {planRollback, rollBack, type Rollback} from '../../src/db/roll-back.ts'

type RollbackJson = {
  rolled_back: string[]
  /** With --dry-run: what would be rolled back. */
  would_roll_back?: string[]
  database?: string
  dropped_tables: Rollback['tables']
  dropped_columns: Rollback['columns']
}

export default class MigrateRollback extends ShopCommand {
  static override summary = 'Roll back the migration that was applied last.'
  static override description =
    'Deletes the tables and columns that this migration created, with their data; --dry-run says which. ' +
    'Refuses while a shop serves. In a terminal, asks for the name of the database.'
  static override examples = [
    {description: 'Show what would be deleted', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    '<%= config.bin %> <%= command.id %>',
    {description: 'Without a terminal', command: '<%= config.bin %> <%= command.id %> --yes'},
  ]
  static override flags = {
    'dry-run': Flags.boolean({summary: 'show what would be deleted, without changing anything', exclusive: ['yes']}),
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
  }

  async run(): Promise<RollbackJson> {
    const {flags} = await this.parse(MigrateRollback)
    const isDryRun = flags['dry-run']
    if (!flags.yes && !isDryRun) requireTerminal('Pass --yes to roll back and delete the data, or --dry-run.')

    const plan = await this.withDatabase(
      async (db) => {
        const found = await planRollback(db)
        if (found && !isDryRun) await this.rollBack(db, found, {isConfirmed: flags.yes})
        return found
      },
      {schema: 'any', asOwner: true},
    )
    if (!plan) {
      this.log('Nothing to do: no migrations are applied.')
      return {rolled_back: [], dropped_tables: [], dropped_columns: []}
    }
    const {database, migration, tables, columns} = plan
    if (isDryRun) this.log(describeRollback(plan))
    else this.log(`Rolled back ${migration}`)
    const names = isDryRun ? {rolled_back: [], would_roll_back: [migration]} : {rolled_back: [migration]}
    return {...names, database, dropped_tables: tables, dropped_columns: columns}
  }

  private async rollBack(db: Knex, plan: Rollback, {isConfirmed}: {isConfirmed: boolean}): Promise<void> {
    this.logToStderr(describeRollback(plan))
    if (!isConfirmed) {
      const answer = await askText(`To go on, type the name of the database`)
      if (answer !== plan.database) throw new Errors.CLIError('Nothing was rolled back.', {exit: 1})
    }
    await rollBack(db, plan)
  }
}
