import {ShopCommand} from '../src/cli/base-command.ts'
import {findProgram} from '../src/cli/find-program.ts'
import {psqlCall, runPsql} from '../src/cli/psql.ts'
import {printable} from '../src/cli/show/format.ts'
import {runSqlShell} from '../src/cli/sql-shell.ts'
import type {Database} from '../src/db/open.ts'

export default class DbShell extends ShopCommand {
  static override summary = 'Run SQL on the database of the shop.'
  static override description =
    'Starts psql with the right connection if it is installed, and otherwise reads SQL line by line, up to a semicolon. ' +
    'SQL can break what the shop relies on: prefer the commands, and run `shop audit` afterwards.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    `echo 'select count(*) from orders;' | <%= config.bin %> <%= command.id %>`,
    '<%= config.bin %> <%= command.id %> < changes.sql',
  ]
  static override enableJsonFlag = false

  async run(): Promise<void> {
    await this.parse(DbShell)
    const environment = this.environment()
    const psql = await findProgram('psql', environment.PATH ?? '')
    await this.withDatabase(
      async (_, database) => {
        if (psql === undefined) await this.runSql(database)
        else process.exitCode = await runPsql(psql, psqlCall(database.settings()), environment)
      },
      {schema: 'any'},
    )
  }

  private async runSql({db}: Database): Promise<void> {
    const {isTTY} = process.stdin
    if (isTTY) this.logToStderr('psql is not installed. End a statement with a semicolon, and leave with \\q.')
    const isDone = await runSqlShell(db, {
      input: process.stdin,
      isTerminal: isTTY,
      show: ({columns, rows, command}) => {
        this.logTable(
          columns.map((head) => ({head: printable(head), wraps: true})),
          rows.map((row) => row.map((cell) => cell ?? '')),
        )
        this.log(command)
      },
      fail: (message) => {
        this.logToStderr(`Error: ${printable(message)}`)
      },
    })
    if (!isDone) process.exitCode = 1
  }
}
