import type {User} from '../../../services/accounts/users.ts'
import {requireUser} from '../../auth/authenticate.ts'
import type {AppContext, PaymentContext} from '../../context.ts'
import {defineResource, type Handlers, type Method, type Resource} from '../../resource.ts'
import {requirePayments} from './ask-provider.ts'

type PayingContext = AppContext & {payments: PaymentContext}

/** A resource of a shop that takes payments, for users with a token. */
export function definePaymentResource<Methods extends Method>({
  methods,
  ...resource
}: Omit<Parameters<typeof defineResource<Methods, User>>[0], 'handle'> & {
  methods: (context: PayingContext) => Handlers<NoInfer<Methods>, User>['methods']
}): Resource {
  return defineResource<Methods, User>({
    ...resource,
    handle: (context) => ({
      enter: async (request) => requireUser(context.findTokenUser, request),
      methods: methods({...context, payments: requirePayments(context)}),
    }),
  })
}
