import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {askId, requireConsent, requireValues} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {formatMoney, printable} from '../src/cli/show/format.ts'
import {describeReturns} from '../src/cli/show/order-record.ts'
import {describePendingRefunds} from '../src/cli/show/payment-record.ts'
import {OrderCancelledError} from '../src/errors.ts'
import {type PaidOrderRecordJson, paidOrderRecordJson} from '../src/json/payment-record.ts'
import {cancelPaidOrder} from '../src/services/payments/operations.ts'
import {defaultCallMs} from '../src/services/payments/timing.ts'
import {findPaidOrderRecord} from '../src/services/payments/operators/record.ts'

export default class CancelOrder extends ShopCommand {
  static override summary = 'Cancel an order and return its stock to the stock pools it came from.'
  static override description =
    'This cannot be undone. An imported order took no stock here, so cancelling it returns none. What was paid is ' +
    'refunded; an order whose payment is not settled is cancelled as soon as the payment provider allows it. In a terminal, ' +
    'asks for confirmation. Keeps the operator and the reason, which show-order and list-orders show.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 1',
    '<%= config.bin %> <%= command.id %> 2 --yes --reason "changed their mind" --json',
  ]
  static override args = {
    id: idArg({description: 'order id'}),
  }
  static override flags = {
    reason: reasonFlag(),
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
  }

  async run(): Promise<PaidOrderRecordJson> {
    const {args, flags} = await this.parse(CancelOrder)
    requireValues({ID: args.id, '--yes': flags.yes}, 'to cancel an order')
    const id = args.id ?? (await askId('Order id', 'Pass ID, an order id.'))
    const record = await this.withPossibleProvider(async (db, {gateway, ...options}) => {
      if (!flags.yes) await confirm(db, id)
      // A server may have the payment at this moment, and asks about it once.
      await cancelPaidOrder(db, gateway, {id}, {...options, waitMs: defaultCallMs}, this.operator(flags.reason))
      return findPaidOrderRecord(db, id)
    })
    const {order, payment} = record
    this.log(`Cancelled order ${order.id} of ${printable(order.username)}.`)
    for (const line of describeReturns(order)) this.log(line)
    if (payment) for (const line of describePendingRefunds(payment)) this.log(line)
    return paidOrderRecordJson(record)
  }
}

/** Throws UnknownOrderError or OrderCancelledError rather than to ask in vain. */
async function confirm(db: Knex, id: number): Promise<void> {
  const {order, payment} = await findPaidOrderRecord(db, id)
  if (order.status === 'cancelled') throw new OrderCancelledError(id)
  const {username, total, currency} = order
  const refunds = payment ? ' What was paid is refunded.' : ''
  const question = `Cancel order ${id} of ${printable(username)} for ${formatMoney(total, currency)}? This cannot be undone.`
  await requireConsent(question + refunds, 'Nothing was cancelled.')
}
