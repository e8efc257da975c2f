import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {describeReturns} from '../src/cli/show/order-record.ts'
import {describePendingRefunds} from '../src/cli/show/payment-record.ts'
import {askId, requireTerminal} from '../src/cli/ask/prompts.ts'
import {type PaidOrderRecordJson, paidOrderRecordJson} from '../src/json/payment-record.ts'
import {cancelPaidOrder} from '../src/services/payments/operations.ts'
import {findPaidOrderRecord} from '../src/services/payments/operators/record.ts'

export default class CancelOrder extends ShopCommand {
  static override summary = 'Cancel an order and return its stock to the stock pools it came from.'
  static override description =
    'This cannot be undone. An imported order took no stock here, so cancelling it returns none. What was paid is ' +
    'refunded; an order whose payment is not settled is cancelled as soon as the payment provider allows it.'
  static override examples = ['<%= config.bin %> <%= command.id %> 5', '<%= config.bin %> <%= command.id %> 5 --json']
  static override args = {
    id: idArg({description: 'order id'}),
  }

  async run(): Promise<PaidOrderRecordJson> {
    const {args} = await this.parse(CancelOrder)
    if (args.id === undefined) requireTerminal('Pass ID, an order id.')
    const id = args.id ?? (await askId('Order id'))
    const record = await this.withPossibleProvider(async (db, {gateway, ...options}) => {
      await cancelPaidOrder(db, gateway, {id}, options)
      return findPaidOrderRecord(db, id)
    })
    const {order, payment} = record
    this.log(`Cancelled order ${order.id} of ${printable(order.username)}.`)
    for (const line of describeReturns(order)) this.log(line)
    if (payment) for (const line of describePendingRefunds(payment)) this.log(line)
    return paidOrderRecordJson(record)
  }
}
