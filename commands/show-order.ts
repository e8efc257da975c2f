import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {describeOrder, lineColumns, lineRows, movementColumns, movementRows} from '../src/cli/show/order-record.ts'
import {askId, requireTerminal} from '../src/cli/ask/prompts.ts'
import {type OrderRecordJson, orderRecordJson} from '../src/json/order.ts'
import {findOrderRecord} from '../src/services/orders/record.ts'

export default class ShowOrder extends ShopCommand {
  static override summary = 'Show an order with its lines, its status and the stock it moved.'
  static override examples = ['<%= config.bin %> <%= command.id %> 5', '<%= config.bin %> <%= command.id %> 5 --json']
  static override args = {
    id: idArg({description: 'order id'}),
  }

  async run(): Promise<OrderRecordJson> {
    const {args} = await this.parse(ShowOrder)
    if (args.id === undefined) requireTerminal('Pass ID, an order id.')
    const id = args.id ?? (await askId('Order id'))
    const order = await this.withDatabase(async (db) => findOrderRecord(db, id))
    this.log(describeOrder(order))
    this.logTable(lineColumns, lineRows(order))
    this.logTable(movementColumns, movementRows(order))
    return orderRecordJson(order)
  }
}
