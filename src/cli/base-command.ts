import {Command, Errors, type Interfaces, ux} from '@oclif/core'
import type {Knex} from 'knex'

import {type Config, readConfig} from '../config.ts'
import {ShopError} from '../errors.ts'
import {describeRefusal, type ErrorJson, errorJson} from './show/failures.ts'
import {printable} from './show/format.ts'
import {isInterrupt} from './prompts.ts'
import {type Column, formatTable} from './show/table.ts'

/** As a shell tells of a program that Ctrl-C ended. */
const interrupted = 130

/** What every command shares: --json, the configuration, a database to work on, and how failures are told. */
export abstract class ShopCommand extends Command {
  static override enableJsonFlag = true

  /** The environment, with the folder for the embedded database: /var/lib/shop for root, else as the system has it. */
  protected shopConfig(): Config {
    // Not os.userInfo(), which throws for a user id without a name, as containers have.
    const dataDir = process.getuid?.() === 0 ? '/var/lib/shop' : this.config.dataDir
    return readConfig(process.env, {dataDir})
  }

  /** Runs on the shop's database, and closes it whatever happens. */
  protected async withDatabase<T>(run: (db: Knex) => Promise<T>): Promise<T> {
    // Knex takes a tenth of a second to load: not before a question, nor for wrong usage.
    const {runOnDatabase} = await import('./database.ts')
    return runOnDatabase(this.shopConfig(), run)
  }

  /** Nothing where there are no rows. */
  protected logTable(columns: Column[], rows: string[][]): void {
    if (rows.length === 0) return
    const {isTTY, columns: width} = process.stdout
    const target = isTTY ? {width: width || undefined, colors: !this.shopConfig().noColor} : {colors: false}
    this.log(formatTable(columns, rows, {width: undefined, ...target}))
  }

  /** A refusal of the shop is told without a stack and exits with 1; wrong usage exits with 2, by oclif. */
  protected override async catch(error: Interfaces.CommandError): Promise<unknown> {
    if (isInterrupt(error)) {
      process.exitCode = interrupted
    } else if (error instanceof ShopError) {
      process.exitCode = 1
      if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
      else this.logToStderr(`Error: ${describeRefusal(error)}`)
    } else {
      // Under --json oclif would exit with 1 for wrong usage, too.
      if (this.jsonEnabled() && error instanceof Errors.CLIError) process.exitCode = error.oclif.exit ?? 2
      await super.catch(error)
    }
    return undefined
  }

  /** JSON.stringify leaves DEL and the C1 control characters as they are; a terminal would act on them. */
  protected override logJson(json: unknown): void {
    ux.stdout(JSON.stringify(json, undefined, 2).replaceAll(/[\u007f-\u009f]/g, printable))
  }

  protected override toErrorJson(error: unknown): ErrorJson {
    return errorJson(error)
  }
}
