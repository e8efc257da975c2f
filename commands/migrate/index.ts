import {ShopCommand} from '../../src/cli/base-command.ts'
import {migrateToLatest} from '../../src/db/migrate.ts'

export default class Migrate extends ShopCommand {
  static override summary = 'Apply the migrations that the database lacks.'
  static override description =
    'All of them or none. Several processes may migrate at once: they wait for each other, and the first one does it.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<{applied: string[]}> {
    await this.parse(Migrate)
    const applied = await this.withDatabase(migrateToLatest)
    for (const name of applied) this.log(`Applied ${name}`)
    if (applied.length === 0) this.log('Nothing to do: every migration is applied.')
    return {applied}
  }
}
