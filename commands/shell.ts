import {ShopCommand} from '../src/cli/base-command.ts'
import {runRepl} from '../src/cli/repl.ts'
import {shellContext} from '../src/cli/shell-context.ts'

export default class Shell extends ShopCommand {
  static override summary = 'Evaluate JavaScript with the database and the services at hand.'
  static override description = `At hand are db (Knex), query(db, sql, bindings), and the service functions, such as
listProducts, listOrders, createUser, findUser, newOrder and placeOrder. Most of them take db first; await works.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    `echo "await listProducts(db, {page: 1, pageSize: 5, currency: 'USD'})" | <%= config.bin %> <%= command.id %>`,
    `echo "await query(db, 'select count(*) from orders')" | <%= config.bin %> <%= command.id %>`,
  ]
  static override enableJsonFlag = false

  async run(): Promise<void> {
    await this.parse(Shell)
    await this.withDatabase(async (db) => runRepl(shellContext(db), {dataDir: this.config.dataDir}))
  }
}
