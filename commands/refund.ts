import {Errors, Flags} from '@oclif/core'

import {readAmount} from '../src/cli/ask/amount.ts'
import {askId, requireConsent} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {idempotencyKeyFlag} from '../src/cli/flags/order-flags.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {formatMoney} from '../src/cli/show/format.ts'
import {describeRefund, describeRefusedRefund} from '../src/cli/show/payment-record.ts'
import {printError} from '../src/cli/show/print-error.ts'
import {refundRecordJson, type RefundRecordJson} from '../src/json/payment.ts'
import type {Currency} from '../src/money.ts'
import {findPaymentOf} from '../src/services/payments/operations.ts'
import {refundOrder} from '../src/services/payments/operators/refund-and-capture.ts'
import type {Payment} from '../src/services/payments/payment.ts'

export default class RefundOrder extends ShopCommand {
  static override summary = 'Refund what was paid for an order, or a part of it.'
  static override description =
    'The order stays as it is, and returns no stock: cancel-order does that, and refunds the order as well. If the ' +
    'provider refuses, exits with 1; the same command tries again, with a new --idempotency-key if it has one. Without ORDER, asks for it in a terminal, and then for confirmation. ' +
    'Keeps the operator and the reason, which show-order shows. ' +
    'Refuses an --amount if the order has a refund of the same amount that is not finished or was requested in the last 24 hours, ' +
    'since the command may be a repetition. To refund the same amount once more, and in scripts, use --idempotency-key.'
  static override examples = [
    {description: 'All that is left', command: '<%= config.bin %> <%= command.id %> 5'},
    '<%= config.bin %> <%= command.id %> 5 --amount 12.50 --reason "arrived broken" --json',
    '<%= config.bin %> <%= command.id %> 5 --amount 12.50 --idempotency-key return-311',
  ]
  static override args = {
    order: idArg({description: 'order id'}),
  }
  static override flags = {
    amount: Flags.string({
      summary: 'amount in the currency of the order; all that is left by default',
      helpValue: 'AMOUNT',
    }),
    'idempotency-key': idempotencyKeyFlag({
      summary: 'refund only once, however often the command runs with this key for the order',
    }),
    reason: reasonFlag(),
  }

  async run(): Promise<RequestedRefundJson> {
    const {args, flags} = await this.parse(RefundOrder)
    const orderId = args.order ?? (await askId('Order id', 'Pass ORDER, an order id.'))
    const operator = this.operator(flags.reason)

    const {refund, isReplay, currency} = await this.withProvider(async (db, {gateway, signal}) => {
      const payment = await findPaymentOf(db, {id: orderId})
      // An order without a payment is refused whatever the amount.
      const part = payment && readPart(flags.amount, payment.currency)
      const most = args.order === undefined && payment ? await confirm(payment, part) : undefined
      const wanted = {orderId, amount: part, most, idempotencyKey: flags['idempotency-key']}
      return {...(await refundOrder(db, gateway, wanted, signal, operator)), currency: payment?.currency ?? ''}
    })
    if (refund.state === 'failed') {
      process.exitCode = 1
      const hasKey = flags['idempotency-key'] !== undefined
      if (!this.jsonEnabled()) printError(describeRefusedRefund(refund, {orderId, currency, hasKey}))
    } else this.log(describeRefund(refund, {orderId, currency, isReplay}))
    return {order_id: orderId, ...refundRecordJson(refund, currency), currency, replayed: isReplay}
  }
}

/** `replayed` if an earlier run with the same key asked for the refund. */
type RequestedRefundJson = RefundRecordJson & {order_id: number; currency: string; replayed: boolean}

/** Returns what may be refunded. An order of which nothing can be refunded is refused without a question. */
async function confirm({orderId, captured, refunded, currency}: Payment, part: number | undefined): Promise<number> {
  const left = captured - refunded
  const amount = part ?? left
  if (left > 0) {
    await requireConsent(`Refund ${formatMoney(amount, currency)} of order ${orderId}?`, 'Nothing was refunded.')
  }
  return amount
}

function readPart(text: string | undefined, currency: Currency): number | undefined {
  if (text === undefined) return undefined
  const amount = readAmount(text, currency)
  if (amount === 0) throw new Errors.CLIError('--amount must be more than 0.')
  return amount
}
