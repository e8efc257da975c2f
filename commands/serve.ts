import {Flags} from '@oclif/core'
import bcrypt from 'bcryptjs'

import {ShopCommand} from '../src/cli/base-command.ts'
import {waitForSignal} from '../src/cli/signals.ts'
import {migrateToLatest} from '../src/db/migrate.ts'
import {createLog} from '../src/http/create-log.ts'
import {startServer} from '../src/http/serve.ts'
import {isEmptyShop, loadDemo} from '../src/services/fixtures/demo.ts'

/** Below the 30 seconds that Docker, Heroku and Fargate give before they kill. */
const graceMs = 25_000

export default class Serve extends ShopCommand {
  static override summary = 'Migrate the database, then serve the shop over HTTP.'
  static override description =
    'On SIGINT or SIGTERM it takes no more connections, finishes what is in flight, and ends.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --demo --port 8080',
    '<%= config.bin %> <%= command.id %> --host 0.0.0.0',
  ]
  static override enableJsonFlag = false
  static override flags = {
    host: Flags.string({summary: 'the address to listen on', env: 'HOST', default: '127.0.0.1'}),
    port: Flags.integer({summary: 'the port; 0 takes a free one', env: 'PORT', default: 8000, min: 0, max: 65_535}),
    demo: Flags.boolean({summary: 'load the demo fixture if the database is empty'}),
  }

  async run(): Promise<void> {
    const {flags} = await this.parse(Serve)
    const config = {...this.shopConfig(), host: flags.host, port: flags.port}
    const stopped = waitForSignal('SIGINT', 'SIGTERM')

    await this.withDatabase(async (db) => {
      const migrations = await migrateToLatest(db)
      if (migrations.length > 0) this.logToStderr(`Migrated the database: ${migrations.join(', ')}`)

      if (flags.demo && (await isEmptyShop(db))) {
        await loadDemo(db, bcrypt)
        this.logToStderr('Loaded the demo fixture: user matt, password jackson.')
      }

      const server = await startServer(db, createLog(process.stdout, {colors: !config.noColor}), config)
      this.logToStderr(`The shop listens on ${server.url}. Stop it with Ctrl-C.`)
      const signal = await stopped
      this.logToStderr(`${signal}: finishing what is in flight.`)
      await server.close(graceMs)
    })
  }
}
