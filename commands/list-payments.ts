import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {pageFlags, pageRequest} from '../src/cli/flags/page-flags.ts'
import {describePage} from '../src/cli/show/page.ts'
import {summaryColumns, summaryRow} from '../src/cli/show/payment-record.ts'
import {numberedPageJson, type NumberedPageJson} from '../src/json/page.ts'
import {paymentSummaryJson, type PaymentSummaryJson} from '../src/json/payment-record.ts'
import {listPayments} from '../src/services/payments/operators/list.ts'
import {type PaymentState, paymentStates} from '../src/services/payments/payment.ts'

export default class ListPayments extends ShopCommand {
  static override summary = 'List payments, newest first.'
  static override description =
    `The states are: ${paymentStates.join(', ')}. docs/payments.md says what they mean. ` +
    'A payment without a next try is finished, or left to operators.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Those that are not finished', command: '<%= config.bin %> <%= command.id %> --open'},
    {
      description: 'Those that an operator has to decide about',
      command: '<%= config.bin %> <%= command.id %> --state mismatch',
    },
    '<%= config.bin %> <%= command.id %> --state unknown --page-size 100 --json',
  ]
  static override flags = {
    state: Flags.custom<PaymentState>({options: paymentStates})({
      summary: 'only payments in this state',
      helpValue: 'STATE',
    }),
    open: Flags.boolean({
      summary: 'only payments that are not finished: pending, reserved, with a refund under way, or left to operators',
    }),
    ...pageFlags,
  }

  async run(): Promise<NumberedPageJson<PaymentSummaryJson>> {
    const {flags} = await this.parse(ListPayments)
    const {state, open: isOpen} = flags
    const page = await this.withDatabase(async (db) => listPayments(db, {state, isOpen, ...pageRequest(flags)}))
    this.logTable(summaryColumns, page.results.map(summaryRow))
    this.logToStderr(describePage(page, 'payment'))
    return numberedPageJson(page, paymentSummaryJson)
  }
}
