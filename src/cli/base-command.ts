import {userInfo} from 'node:os'

import {Command, type Interfaces} from '@oclif/core'
import type {Knex} from 'knex'

import {type Config, readConfig} from '../config.ts'
import {hasSqlState} from '../db/errors.ts'
import {openDatabase} from '../db/open.ts'
import {SchemaOutdatedError, ShopError} from '../errors.ts'

/** What every command shares: --json, the configuration, a database to work on, and how failures are told. */
export abstract class ShopCommand extends Command {
  static override enableJsonFlag = true

  /** The environment, with the folder for the embedded database: /var/lib/shop for root, else as the system has it. */
  protected shopConfig(): Config {
    const dataDir = userInfo().uid === 0 ? '/var/lib/shop' : this.config.dataDir
    return readConfig(process.env, {dataDir})
  }

  /** Runs on the shop's database, and closes it whatever happens. */
  protected async withDatabase<T>(run: (db: Knex) => Promise<T>): Promise<T> {
    const {database, poolSize, databaseWaitSeconds} = this.shopConfig()
    const {db, close} = await openDatabase(database, {poolSize, waitSeconds: databaseWaitSeconds})
    try {
      return await run(db)
    } catch (error) {
      if (hasSqlState(error, 'undefinedTable', 'undefinedColumn')) {
        throw new SchemaOutdatedError('The database lacks tables of this version. Run: shop migrate', {cause: error})
      }
      throw error
    } finally {
      await close()
    }
  }

  /** A refusal of the shop is told without a stack and exits with 1; wrong usage exits with 2, by oclif. */
  protected override async catch(error: Interfaces.CommandError): Promise<unknown> {
    if (!(error instanceof ShopError)) return super.catch(error)
    process.exitCode = 1
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
    else this.logToStderr(`Error: ${error.message}`)
    return undefined
  }

  protected override toErrorJson(error: unknown): {error: {code: string; message: string}} {
    if (error instanceof ShopError) return {error: {code: error.code, message: error.message}}
    return {error: {code: 'unexpected_error', message: error instanceof Error ? error.message : String(error)}}
  }
}
