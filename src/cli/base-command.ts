import {userInfo} from 'node:os'
import {inspect} from 'node:util'

import {Command, Errors, type Interfaces, ux} from '@oclif/core'
import type {Knex} from 'knex'

import {type Config, readConfig} from '../config.ts'
import {ShopError} from '../errors.ts'
import type {Database} from '../db/open.ts'
import {Declined, isInterrupt} from './ask/prompts.ts'
import type {DatabaseOptions} from './database.ts'
import type {PossibleProvider, Provider} from './gateway.ts'
import {describeRefusal, type ErrorJson, errorJson} from './show/failures.ts'
import {printable} from './show/format.ts'
import {printError, wrapForTerminal} from './show/print-error.ts'
import {type Column, formatTable} from './show/table.ts'
import {describeUsageError} from './show/usage-error.ts'
import type {Operator} from '../services/operator.ts'
import {interruptedExitCode} from './signals.ts'

/** What all commands share: --json, the configuration, access to the database, and how failures are shown. */
export abstract class ShopCommand extends Command {
  static override enableJsonFlag = true

  /** The environment. The embedded database is by default in /var/lib/shop for root, else in the user's data folder. */
  protected shopConfig(): Config {
    // os.userInfo() throws for a user id without a name, which is common in containers.
    const dataDir = process.getuid?.() === 0 ? '/var/lib/shop' : this.config.dataDir
    return readConfig(process.env, {dataDir})
  }

  /** The variables that a program which the command starts gets. */
  protected environment(): NodeJS.ProcessEnv {
    return process.env
  }

  /** Who runs this command, to be kept with what it changes. */
  protected operator(note?: string): Operator {
    return {name: this.shopConfig().operator ?? systemUser(), note}
  }

  /** Opens the shop's database for `run`, and always closes it. Refuses another version's schema, unless told otherwise. */
  protected async withDatabase<T>(
    run: (db: Knex, database: Database) => Promise<T>,
    options: DatabaseOptions = {},
  ): Promise<T> {
    // Knex takes a tenth of a second to load, which prompts and usage errors need not wait for.
    const {runOnDatabase} = await import('./database.ts')
    return runOnDatabase(this.shopConfig(), run, options)
  }

  /** Opens the database and the payment provider for `run`, and always closes them. Throws NoPaymentProviderError. */
  protected async withProvider<T>(run: (db: Knex, provider: Provider) => Promise<T>): Promise<T> {
    const {runWithGateway} = await import('./gateway.ts')
    return this.withDatabase(async (db, database) =>
      runWithGateway(this.shopConfig(), database, async (provider) => run(db, provider)),
    )
  }

  /** The same for what a shop without a payment provider can do, too. */
  protected async withPossibleProvider<T>(run: (db: Knex, provider: PossibleProvider) => Promise<T>): Promise<T> {
    const {runWithPossibleGateway} = await import('./gateway.ts')
    return this.withDatabase(async (db, database) =>
      runWithPossibleGateway(this.shopConfig(), database, async (provider) => run(db, provider)),
    )
  }

  /** Also with --json, unlike `logToStderr`: only standard output is for the result. */
  protected logWarning(text: string): void {
    ux.stderr(wrapForTerminal(`Warning: ${text}`, process.stderr))
  }

  /** Prints a sentence, which breaks between words in a terminal. */
  protected logText(text: string): void {
    this.log(wrapForTerminal(text, process.stdout))
  }

  /** Prints nothing if there are no rows, and the title only if a narrow terminal has no place for the heads side by side. */
  protected logTable(columns: Column[], rows: string[][], title?: string): void {
    if (rows.length === 0) return
    const {isTTY, columns: width} = process.stdout
    const target = isTTY ? {width: width || undefined, colors: !this.shopConfig().noColor} : {colors: false}
    this.log(formatTable(columns, rows, {width: undefined, title, ...target}))
  }

  /** Expected failures print one message without a stack. They exit with 1 if the shop refuses, 2 for wrong usage. */
  protected override async catch(error: Interfaces.CommandError): Promise<unknown> {
    if (isDebugging(process.env)) ux.stderr(inspect(error))
    if (isInterrupt(error)) {
      process.exitCode = interruptedExitCode
    } else if (error instanceof Declined) {
      if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
      else this.logToStderr(error.message)
    } else if (error instanceof ShopError) {
      this.fail(error, {text: describeRefusal(error), exitCode: 1})
    } else if (error instanceof Errors.CLIError && !(error instanceof Errors.ExitError)) {
      error.message = describeUsageError(error.message)
      this.fail(error, {text: error.message, exitCode: error.oclif.exit ?? 2})
    } else {
      await super.catch(error)
    }
    return undefined
  }

  private fail(error: Error, {text, exitCode}: {text: string; exitCode: number}): void {
    process.exitCode = exitCode
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
    else printError(text)
  }

  /** JSON.stringify does not escape DEL and the C1 control characters, which a terminal would act on. */
  protected override logJson(json: unknown): void {
    ux.stdout(JSON.stringify(json, undefined, 2).replaceAll(/[\u007f-\u009f]/g, printable))
  }

  protected override toErrorJson(error: unknown): ErrorJson {
    return errorJson(error)
  }
}

/** `DEBUG=shop` shows a failure in full: the stack, and the statement that the database refused. */
function isDebugging({DEBUG = ''}: NodeJS.ProcessEnv): boolean {
  return DEBUG.split(/[\s,]+/).some((name) => name === 'shop' || name === '*')
}

/** A user id without a name, which is common in containers, has none. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
