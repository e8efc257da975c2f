import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {idArg} from '../src/cli/flags/id-arg.ts'
import {describeReturns} from '../src/cli/show/order-record.ts'
import {askId, requireTerminal} from '../src/cli/prompts.ts'
import {type OrderRecordJson, orderRecordJson} from '../src/json/order.ts'
import {cancelOrder} from '../src/services/orders/cancel.ts'

export default class CancelOrder extends ShopCommand {
  static override summary = 'Cancel an order, and return its stock to the pools that it came from.'
  static override description =
    'An order is cancelled once, and for good. An imported one took no stock here, and returns none.'
  static override examples = ['<%= config.bin %> <%= command.id %> 5', '<%= config.bin %> <%= command.id %> 5 --json']
  static override args = {
    id: idArg({description: 'the id of the order'}),
  }

  async run(): Promise<OrderRecordJson> {
    const {args} = await this.parse(CancelOrder)
    if (args.id === undefined) requireTerminal('Give the ID of the order.')
    const id = args.id ?? (await askId('Order'))
    const order = await this.withDatabase(async (db) => cancelOrder(db, {id}))
    this.log(`Cancelled order ${order.id} of ${printable(order.username)}.`)
    for (const line of describeReturns(order)) this.log(line)
    return orderRecordJson(order)
  }
}
