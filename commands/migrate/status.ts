import {ShopCommand} from '../../src/cli/base-command.ts'
import {formatTime, printable} from '../../src/cli/show/format.ts'
import {migrationStatus} from '../../src/db/migrate.ts'

type StatusJson = {applied: {name: string; migrated_at: string}[]; pending: string[]}

export default class MigrateStatus extends ShopCommand {
  static override summary = 'Show which migrations are applied and which are pending.'
  static override description = 'Makes no changes.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<StatusJson> {
    await this.parse(MigrateStatus)
    const {applied, pending} = await this.withDatabase(migrationStatus)
    this.logTable(
      [{head: 'Migration', wraps: true}, {head: 'Applied (UTC)'}],
      [
        ...applied.map(({name, migratedAt}) => [printable(name), formatTime(migratedAt)]),
        ...pending.map((name) => [name, 'pending']),
      ],
    )
    this.logToStderr(
      pending.length > 0 ? 'To apply the pending migrations, run: shop migrate' : 'All migrations are applied.',
    )
    return {applied: applied.map(({name, migratedAt}) => ({name, migrated_at: migratedAt})), pending}
  }
}
