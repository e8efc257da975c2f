import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {describeReturns} from '../src/cli/show/order-record.ts'
import {askId, requireTerminal} from '../src/cli/ask/prompts.ts'
import {type OrderRecordJson, orderRecordJson} from '../src/json/order.ts'
import {cancelOrder} from '../src/services/orders/cancel.ts'

export default class CancelOrder extends ShopCommand {
  static override summary = 'Cancel an order and return its stock to the stock pools it came from.'
  static override description =
    'This cannot be undone. An imported order took no stock here, so cancelling it returns none.'
  static override examples = ['<%= config.bin %> <%= command.id %> 5', '<%= config.bin %> <%= command.id %> 5 --json']
  static override args = {
    id: idArg({description: 'order id'}),
  }

  async run(): Promise<OrderRecordJson> {
    const {args} = await this.parse(CancelOrder)
    if (args.id === undefined) requireTerminal('Pass ID, an order id.')
    const id = args.id ?? (await askId('Order id'))
    const order = await this.withDatabase(async (db) => cancelOrder(db, {id}))
    this.log(`Cancelled order ${order.id} of ${printable(order.username)}.`)
    for (const line of describeReturns(order)) this.log(line)
    return orderRecordJson(order)
  }
}
