import {ShopCommand} from '../src/cli/base-command.ts'
import {checkDisk, checkMachine, checkSettings} from '../src/cli/check-machine.ts'
import {describeChecks, summarizeChecks} from '../src/cli/show/checks.ts'
import {ShopError} from '../src/errors.ts'
import {bad, type Check} from '../src/services/shop/check.ts'
import {checkDatabase} from '../src/services/shop/check-database.ts'

type DoctorJson = {good: number; warnings: number; bad: number; checks: Check[]}

export default class Doctor extends ShopCommand {
  static override summary = 'Check the machine, the database and the shop, and say what to do.'
  static override description =
    'Changes nothing. Each check is good, a warning or bad; exits with 1 if one is bad. ' +
    'It does not know when the last backup was made, and does not ask the payment provider.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<DoctorJson> {
    await this.parse(Doctor)
    const checks = [
      ...checkMachine({nodeVersion: process.version}),
      ...checkSettings(this.shopConfig().misspelled),
      ...(await this.checkDatabase()),
    ]
    const {isTTY, columns} = process.stdout
    const target = isTTY ? {width: columns, colors: !this.shopConfig().noColor} : {width: undefined, colors: false}
    this.log(describeChecks(checks, target))
    const count = (level: Check['level']): number => checks.filter((check) => check.level === level).length
    const result = {good: count('good'), warnings: count('warning'), bad: count('bad'), checks}
    this.log(summarizeChecks(result))
    if (result.bad > 0) process.exitCode = 1
    return result
  }

  private async checkDatabase(): Promise<Check[]> {
    const {database, holds, replicas} = this.shopConfig()
    // Not Date.now(), which ESLint keeps from measuring times.
    const clock = (): number => performance.timeOrigin + performance.now()
    try {
      const checks = await this.withDatabase(async (db) => checkDatabase(db, {holds, clock, replicas}), {schema: 'any'})
      return database.kind === 'embedded' ? [...checks, await checkDisk(database.dataDir)] : checks
    } catch (error) {
      if (!(error instanceof ShopError)) throw error
      return [bad('database', error.message, error.hint ?? 'See docs/runbook.md.')]
    }
  }
}
