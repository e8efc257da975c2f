import type {PaymentSettings} from '../../../payment-settings.ts'
import type {Resource} from '../../resource.ts'
import {orderPayment} from './order-payment.ts'
import {orderPaymentRefresh} from './order-payment-refresh.ts'
import {paymentMethod} from './payment-method.ts'
import {paymentMethodDefault} from './payment-method-default.ts'
import {paymentMethods} from './payment-methods.ts'
import {paymentMethodSetup} from './payment-method-setup.ts'
import {testAction} from './test-action.ts'
import {testSetup} from './test-setup.ts'
import {webhook} from './webhook.ts'

/** What a shop serves only if it takes payments. */
export function paymentResources(provider: PaymentSettings['provider']): readonly Resource[] {
  return [
    paymentMethods,
    paymentMethodSetup,
    paymentMethod,
    paymentMethodDefault,
    orderPayment,
    orderPaymentRefresh,
    webhook(provider),
    ...(provider === 'test' ? [testAction, testSetup] : []),
  ]
}
