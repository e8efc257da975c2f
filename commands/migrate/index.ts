import {ShopCommand} from '../../src/cli/base-command.ts'
import {findLocaleProblem} from '../../src/db/check-server.ts'
import {migrateToLatest} from '../../src/db/migrate.ts'

export default class Migrate extends ShopCommand {
  static override summary = 'Apply all pending migrations.'
  static override description =
    'Applies all pending migrations or none. If several processes migrate at once, the first one does it and the others wait.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<{applied: string[]}> {
    await this.parse(Migrate)
    const applied = await this.withDatabase(
      async (db) => {
        const problem = await findLocaleProblem(db)
        if (problem !== undefined) this.logWarning(problem)
        return migrateToLatest(db, {
          onWait: () => {
            this.logToStderr('Waiting for another process that migrates the database.')
          },
        })
      },
      {schema: 'any'},
    )
    for (const name of applied) this.log(`Applied ${name}`)
    if (applied.length === 0) this.log('Nothing to do: all migrations are applied.')
    return {applied}
  }
}
