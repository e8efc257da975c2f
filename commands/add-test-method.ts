import {Flags} from '@oclif/core'

import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {missingUser, userArg} from '../src/cli/flags/user-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {NoPaymentProviderError} from '../src/errors.ts'
import {type Outcome, outcomeNames} from '../src/gateways/test-provider/outcomes.ts'
import {type PaymentMethodJson, paymentMethodJson} from '../src/json/payment.ts'
import {addTestMethod} from '../src/services/payments/operators/test-methods.ts'

export default class AddTestMethod extends ShopCommand {
  static override summary = 'Store a payment method of the test provider for a user.'
  static override description =
    'Only with SHOP_PAYMENT_PROVIDER=test. The outcome decides what becomes of every payment with the method. The first ' +
    `method of a user is the default. The outcomes are: ${outcomeNames.join(', ')}. docs/payments.md says what they mean.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> matt',
    '<%= config.bin %> <%= command.id %> matt --outcome declined',
    '<%= config.bin %> <%= command.id %> matt --outcome requires_action --default --json',
  ]
  static override args = {
    user: userArg({description: 'username of the buyer'}),
  }
  static override flags = {
    outcome: Flags.custom<Outcome>({options: outcomeNames})({
      summary: 'what becomes of payments with the method',
      helpValue: 'NAME',
      default: 'ok',
    }),
    default: Flags.boolean({summary: 'make it the default method of the user'}),
  }

  async run(): Promise<PaymentMethodJson> {
    const {args, flags} = await this.parse(AddTestMethod)
    const username = args.user ?? (await askUsername(missingUser))
    const {outcome, default: isDefault} = flags

    const method = await this.withProvider(async (db, {test, signal}) => {
      if (!test) throw new NoPaymentProviderError('test')
      return addTestMethod(db, test, {username, outcome, isDefault}, signal)
    })
    const {id, brand, last4} = method
    const role = method.isDefault ? ', the default' : ''
    this.log(`Stored payment method ${id} of ${printable(username)}: ${brand} ${last4 ?? ''} (${outcome})${role}.`)
    return paymentMethodJson(method)
  }
}
