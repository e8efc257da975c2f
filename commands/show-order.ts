import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/id-arg.ts'
import {describeOrder, lineColumns, lineRows, movementColumns, movementRows} from '../src/cli/show/order-record.ts'
import {askId, requireTerminal} from '../src/cli/prompts.ts'
import {type OrderRecordJson, orderRecordJson} from '../src/json/order.ts'
import {findOrderRecord} from '../src/services/orders/record.ts'

export default class ShowOrder extends ShopCommand {
  static override summary = 'Show an order: its lines, its status, and the stock that it moved.'
  static override examples = ['<%= config.bin %> <%= command.id %> 5', '<%= config.bin %> <%= command.id %> 5 --json']
  static override args = {
    id: idArg({description: 'the id of the order'}),
  }

  async run(): Promise<OrderRecordJson> {
    const {args} = await this.parse(ShowOrder)
    if (args.id === undefined) requireTerminal('Give the ID of the order.')
    const id = args.id ?? (await askId('Order'))
    const order = await this.withDatabase(async (db) => findOrderRecord(db, id))
    this.log(describeOrder(order))
    this.logTable(lineColumns, lineRows(order))
    this.logTable(movementColumns, movementRows(order))
    return orderRecordJson(order)
  }
}
