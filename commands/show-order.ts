import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {
  describeCancellation,
  describeOrder,
  lineColumns,
  lineRows,
  movementColumns,
  movementRows,
} from '../src/cli/show/order-record.ts'
import {askId} from '../src/cli/ask/prompts.ts'
import {
  attemptColumns,
  attemptRows,
  describePayment,
  refundColumns,
  refundRows,
} from '../src/cli/show/payment-record.ts'
import {type PaidOrderRecordJson, paidOrderRecordJson} from '../src/json/payment-record.ts'
import {findPaidOrderRecord, type PaymentRecord} from '../src/services/payments/operators/record.ts'

export default class ShowOrder extends ShopCommand {
  static override summary = 'Show an order with its lines, its status, the stock it moved and its payment.'
  static override examples = ['<%= config.bin %> <%= command.id %> 5', '<%= config.bin %> <%= command.id %> 5 --json']
  static override args = {
    id: idArg({description: 'order id'}),
  }

  async run(): Promise<PaidOrderRecordJson> {
    const {args} = await this.parse(ShowOrder)
    const id = args.id ?? (await askId('Order id', 'Pass ID, an order id.'))
    const record = await this.withDatabase(async (db) => findPaidOrderRecord(db, id))
    const {order, payment} = record
    this.logText(describeOrder(order))
    for (const line of describeCancellation(order)) this.logText(line)
    this.logTable(lineColumns, lineRows(order), 'Items')
    this.logTable(movementColumns, movementRows(order), 'Stock movements')
    if (payment) this.logPayment(payment)
    return paidOrderRecordJson(record)
  }

  private logPayment(payment: PaymentRecord): void {
    for (const line of describePayment(payment)) this.logText(line)
    this.logTable(refundColumns, refundRows(payment), 'Refunds')
    this.logTable(attemptColumns, attemptRows(payment), 'Calls to the provider')
  }
}
