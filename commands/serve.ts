import {Flags} from '@oclif/core'
import bcrypt from 'bcryptjs'
import type {Knex} from 'knex'

import {ShopCommand} from '../src/cli/base-command.ts'
import {migrateAsOwner} from '../src/cli/migrate-as-owner.ts'
import {wrapForTerminal} from '../src/cli/show/print-error.ts'
import {delayUntilSignal, interruptedExitCode, waitForSignal} from '../src/cli/signals.ts'
import {integerFlag} from '../src/cli/flags/number-flags.ts'
import {workersFlag} from '../src/cli/flags/workers-flag.ts'
import {findLocaleProblem} from '../src/db/check-server.ts'
import {describeLocation} from '../src/db/connect.ts'
import {migrateForServing} from '../src/db/migrate.ts'
import {createLog} from '../src/http/create-log.ts'
import {startShop} from '../src/http/start-shop.ts'
import {graceMs} from '../src/http/listener.ts'
import type {Config, DatabaseLocation} from '../src/config.ts'
import type {PaymentSettings} from '../src/payment-settings.ts'
import {readVersion} from '../src/version.ts'
import {within} from '../src/within.ts'
import {isEmptyShop, loadDemo} from '../src/services/transfer/demo/demo.ts'

/** How long after the grace period the process ends, whatever it still waits for. */
const hardEndMs = 4000
/** How long something that is given up may take to clean up. */
const cleanUpMs = 1000

export default class Serve extends ShopCommand {
  static override summary = 'Migrate the database and serve the shop over HTTP.'
  static override description =
    'On SIGINT or SIGTERM, is not ready any more, serves on for SHOP_DRAIN_SECONDS, stops accepting connections, ' +
    'finishes the requests in flight, and exits.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --demo --port 8080',
    '<%= config.bin %> <%= command.id %> --host 0.0.0.0 --workers auto',
  ]
  static override enableJsonFlag = false
  static override flags = {
    host: Flags.string({summary: 'address to listen on', helpValue: 'ADDRESS', env: 'HOST', default: '127.0.0.1'}),
    port: integerFlag({
      summary: 'port to listen on; 0 picks a free one',
      env: 'PORT',
      default: 8000,
      min: 0,
      max: 65_535,
    }),
    workers: workersFlag({
      summary: 'number of processes that share the port; "auto" starts one per core',
      env: 'SHOP_WORKERS',
      default: 1,
    }),
    demo: Flags.boolean({summary: 'load the demo fixture if the database is empty'}),
  }

  async run(): Promise<void> {
    const {flags} = await this.parse(Serve)
    const config = {...this.shopConfig(), host: flags.host, port: flags.port}
    // Without a listener, a standard error that nobody reads would end the process.
    process.stderr.on('error', () => undefined)
    const drainMs = config.drainSeconds * 1000
    const stopped = waitForSignal('SIGINT', 'SIGTERM')
    const starting = new AbortController()
    const progress = {isServing: false}
    const place = describeLocation(config.database)
    for (const {name, meant} of config.misspelled) this.say(`${name} is not a setting. Did you mean ${meant}?`)
    if (config.database.kind === 'embedded') this.say(`Opening the database in ${place}.`)

    const served = this.withDatabase(
      async (db, database) => {
        await this.prepare(db, config, {demo: flags.demo, signal: starting.signal})

        const {log, close: closeLog} = createLog(process.stdout, {colors: !config.noColor, level: config.logLevel})
        const server = await startShop(flags.workers, database, log, config)
        progress.isServing = true
        this.say(`The shop listens on ${server.url}. Press Ctrl-C to stop it.`, {
          version: readVersion(),
          database: place,
          workers: flags.workers,
          ...(config.replicas && {replicas: config.replicas.urls.map(describeUrl).join(', ')}),
          docs: `${server.url}${config.basePath}/docs/`,
          ...(server.metricsUrl !== undefined && {metrics: server.metricsUrl}),
          ...(config.payments.mode !== 'none' && {payments: describePayments(config.payments)}),
        })
        const signal = await stopped
        server.drain()
        if (drainMs > 0) {
          this.say(`${signal}: serving for ${config.drainSeconds} more seconds, until load balancers have noticed.`)
          await delayUntilSignal(drainMs, 'SIGINT', 'SIGTERM')
        }
        this.say(`${signal}: finishing the requests in flight.`)
        await server.close(graceMs)
        await closeLog()
        // Connections of the start are idle, and a server that has gone would keep them from closing.
        starting.abort()
      },
      {
        schema: 'any',
        isServing: true,
        signal: starting.signal,
        onWait: this.sayWaiting(config.database),
      },
    )

    const signal = await Promise.race([served, stopped])
    if (progress.isServing) {
      await within(served, drainMs + graceMs + hardEndMs)
    } else {
      // The database undoes what is not committed, and workers that have not started yet end with this process.
      starting.abort()
      await within(
        served.catch(() => undefined),
        cleanUpMs,
      )
    }
    // eslint-disable-next-line no-restricted-properties -- output that nobody reads would keep the process from ending
    process.exit(!progress.isServing && signal === 'SIGINT' ? interruptedExitCode : 0)
  }

  /** To standard error, in the format of the log: a line of JSON if that is JSON, else the text with the facts below it. */
  private say(text: string, {level = 30, ...facts}: Record<string, number | string> = {}): void {
    if (process.stdout.isTTY) {
      this.logToStderr(wrapForTerminal(text, process.stderr))
      for (const [name, fact] of Object.entries(facts)) this.logToStderr(`  ${name.padEnd(8)}  ${fact}`)
    } else {
      this.logToStderr(JSON.stringify({level, time: new Date().toISOString(), ...facts, msg: text}))
    }
  }

  private sayWaiting(location: DatabaseLocation): (reason: string) => void {
    return (reason) => {
      this.say(`Waiting for PostgreSQL at ${describeLocation(location)}: ${reason}. Press Ctrl-C to stop.`)
    }
  }

  private async prepare(db: Knex, config: Config, {demo, signal}: {demo: boolean; signal: AbortSignal}): Promise<void> {
    const warn = (text: string): void => {
      this.say(`Warning: ${text}`, {level: 40})
    }
    const localeProblem = await findLocaleProblem(db)
    if (localeProblem !== undefined) warn(localeProblem)
    const options: Parameters<typeof migrateForServing>[1] = {
      warn,
      servesNewer: config.newerSchema === 'serve',
      onWait: () => {
        this.say('Waiting for another process that migrates the database.')
      },
      onLocked: (holder) => {
        this.say(`Waiting for a lock of ${holder}.`)
      },
    }
    const migrations = config.owner
      ? await migrateAsOwner(config, async (owner, grantTo) => migrateForServing(owner, {...options, grantTo}), {
          signal,
          onWait: this.sayWaiting(config.owner),
        })
      : await migrateForServing(db, options)
    if (migrations.length > 0) this.say(`Migrated the database: ${migrations.join(', ')}`)

    if (demo && (await isEmptyShop(db))) {
      await loadDemo(db, bcrypt)
      this.say('Loaded the demo fixture: user matt, password jackson.')
    }
  }
}

function describeUrl(url: string): string {
  return describeLocation({kind: 'url', url})
}

function describePayments({mode, provider}: PaymentSettings): string {
  const who = provider === 'test' ? 'the test provider, which moves no money' : `the provider ${provider}`
  return `${mode}, with ${who}`
}
