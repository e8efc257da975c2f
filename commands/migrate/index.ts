import {ShopCommand} from '../../src/cli/base-command.ts'
import {findLocaleProblem} from '../../src/db/check-server.ts'
import {migrateToLatest} from '../../src/db/migrate.ts'

export default class Migrate extends ShopCommand {
  static override summary = 'Apply all pending migrations.'
  static override description =
    'Applies all pending migrations or none. If several processes migrate at once, the first one does it and the others wait. ' +
    'A migration that needs a lock of a table waits for it in short attempts, so that it holds nobody up. ' +
    'With SHOP_MIGRATE_URL, migrates as the role in it, and lets the role of DATABASE_URL use the tables.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<{applied: string[]}> {
    await this.parse(Migrate)
    const {migrateAsOwner} = await import('../../src/cli/migrate-as-owner.ts')
    const applied = await migrateAsOwner(this.shopConfig(), async (db, grantTo) => {
      const problem = await findLocaleProblem(db)
      if (problem !== undefined) this.logWarning(problem)
      return migrateToLatest(db, {
        grantTo,
        onWait: () => {
          this.logToStderr('Waiting for another process that migrates the database.')
        },
        onLocked: (holder) => {
          this.logToStderr(`Waiting for a lock of ${holder}.`)
        },
      })
    })
    for (const name of applied) this.log(`Applied ${name}`)
    if (applied.length === 0) this.log('Nothing to do: all migrations are applied.')
    return {applied}
  }
}
