import {askId, requireConsent} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {formatMoney} from '../src/cli/show/format.ts'
import {type PaymentRecordJson, paymentRecordJson} from '../src/json/payment-record.ts'
import {findPaymentOf} from '../src/services/payments/operations.ts'
import {captureOrder} from '../src/services/payments/operators/refund-and-capture.ts'
import type {Payment} from '../src/services/payments/payment.ts'
import {findPaymentRecord} from '../src/services/payments/operators/record.ts'

export default class CaptureOrder extends ShopCommand {
  static override summary = 'Charge the money that is reserved for an order.'
  static override description =
    'Only for payments that are authorized, which they are with SHOP_PAYMENT_CAPTURE=manual. Charges the whole amount. ' +
    'Without ORDER, asks for it in a terminal, and then for confirmation.'
  static override examples = ['<%= config.bin %> <%= command.id %> 5', '<%= config.bin %> <%= command.id %> 5 --json']
  static override args = {
    order: idArg({description: 'order id'}),
  }

  async run(): Promise<PaymentRecordJson> {
    const {args} = await this.parse(CaptureOrder)
    const orderId = args.order ?? (await askId('Order id', 'Pass ORDER, an order id.'))
    const payment = await this.withProvider(async (db, {gateway, ...options}) => {
      if (args.order === undefined) await confirm(await findPaymentOf(db, {id: orderId}))
      await captureOrder(db, gateway, orderId, options)
      return findPaymentRecord(db, orderId)
    })
    const {state, captured, currency} = payment
    if (state === 'captured') this.log(`Captured ${formatMoney(captured, currency)} of order ${orderId}.`)
    else this.log(`The payment of order ${orderId} is ${state}.`)
    return paymentRecordJson(payment)
  }
}

/** An order whose payment cannot be captured is refused without a question. */
async function confirm(payment: Payment | undefined): Promise<void> {
  if (payment?.state !== 'authorized') return
  const {amount, currency, orderId} = payment
  await requireConsent(`Charge ${formatMoney(amount, currency)} for order ${orderId}?`, 'Nothing was charged.')
}
