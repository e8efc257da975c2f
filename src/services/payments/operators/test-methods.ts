import type {Knex} from 'knex'

import type {Outcome} from '../../../gateways/test-provider/outcomes.ts'
import type {TestGateway} from '../../../gateways/test-provider/test-gateway.ts'
import {findUser} from '../../accounts/users.ts'
import {addMethod, customerOf, type PaymentMethod} from '../methods.ts'

export type NewTestMethod = {
  username: string
  /** What becomes of the payments with it. */
  outcome: Outcome
  /** Makes it the default, which the first method of a user is anyway. */
  isDefault: boolean
}

/** Stores a method of the test provider, without the form of a provider. Throws UnknownUserError or DeactivatedUserError. */
export async function addTestMethod(
  db: Knex,
  gateway: TestGateway,
  {username, outcome, isDefault}: NewTestMethod,
  signal: AbortSignal,
): Promise<PaymentMethod> {
  const {id: userId} = await findUser(db, username)
  const customerId = await customerOf(db, gateway, userId, signal)
  const method = await gateway.addMethod(customerId, outcome)
  return addMethod(db, {userId, provider: gateway.name, method, isDefault})
}
