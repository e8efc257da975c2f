import {ShopCommand} from '../src/cli/base-command.ts'
import {runLines, runRepl} from '../src/cli/repl.ts'
import {shellContext} from '../src/cli/shell-context.ts'

export default class Shell extends ShopCommand {
  static override summary = 'Evaluate JavaScript with access to the database and the services.'
  static override description =
    'Defines db (Knex), query(db, sql, bindings) and the services: listProducts, listOrders, createUser, findUser, ' +
    'newOrder, placeOrder and more. Most of them take db as their first argument. You can use await. ' +
    'Input from a pipe is evaluated line by line, up to the first error.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    `echo "await listProducts(db, {page: 1, pageSize: 5, currency: 'USD'})" | <%= config.bin %> <%= command.id %>`,
    `echo "await query(db, 'select count(*) from orders')" | <%= config.bin %> <%= command.id %>`,
  ]
  static override enableJsonFlag = false

  async run(): Promise<void> {
    await this.parse(Shell)
    await this.withDatabase(async (db) => this.evaluate(shellContext(db)))
  }

  private async evaluate(context: Record<string, unknown>): Promise<void> {
    if (process.stdin.isTTY) return runRepl(context, {dataDir: this.config.dataDir})
    const isDone = await runLines(process.stdin, context)
    if (!isDone) process.exitCode = 1
  }
}
