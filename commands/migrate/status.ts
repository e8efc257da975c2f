import {ShopCommand} from '../../src/cli/base-command.ts'
import {formatTime, printable} from '../../src/cli/show/format.ts'
import {type AppliedMigration, type MigrationStatus, migrationStatus} from '../../src/db/migrate.ts'
import {SchemaNewerError} from '../../src/errors.ts'

type AppliedJson = {name: string; migrated_at: string}
type StatusJson = {applied: AppliedJson[]; pending: string[]; unknown: AppliedJson[]}

export default class MigrateStatus extends ShopCommand {
  static override summary = 'Show which migrations are applied and which are pending.'
  static override description =
    'A migration that a newer version of the shop applied is shown as unknown. Makes no changes.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<StatusJson> {
    await this.parse(MigrateStatus)
    const {applied, pending, unknown} = await this.withDatabase(migrationStatus, {schema: 'any'})
    this.logTable(
      [{head: 'Migration', wraps: true}, {head: 'Applied (UTC)', wraps: true}, {head: 'Status'}],
      [
        ...applied.map((one) => [...describe(one), 'applied']),
        ...pending.map((name) => [name, '', 'pending']),
        ...unknown.map((one) => [...describe(one), 'unknown']),
      ],
    )
    this.logToStderr(conclude({pending, unknown}))
    return {applied: applied.map(toJson), pending, unknown: unknown.map(toJson)}
  }
}

function describe({name, migratedAt}: AppliedMigration): string[] {
  return [printable(name), formatTime(migratedAt)]
}

function conclude({pending, unknown}: Pick<MigrationStatus, 'pending' | 'unknown'>): string {
  if (unknown.length > 0) return printable(new SchemaNewerError(unknown.map(({name}) => name)).message)
  return pending.length > 0 ? 'To apply the pending migrations, run: shop migrate' : 'All migrations are applied.'
}

function toJson({name, migratedAt}: AppliedMigration): AppliedJson {
  return {name, migrated_at: migratedAt}
}
