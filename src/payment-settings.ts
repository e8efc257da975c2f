/** `none`: orders are not paid through the shop. `required`: an order that costs something needs a payment method. */
export const paymentModes = ['none', 'optional', 'required'] as const
export const paymentProviders = ['stripe', 'test'] as const
export const captureTimes = ['automatic', 'manual'] as const

export type PaymentSettings = {
  mode: (typeof paymentModes)[number]
  provider: (typeof paymentProviders)[number]
  /** `manual` reserves the money, and an operator charges it. */
  capture: (typeof captureTimes)[number]
  stripe: {secretKey: string; webhookSecrets: readonly string[]} | undefined
  test: {delayMs: number; webhookSecrets: readonly string[]}
}

/** For a shop whose environment sets nothing. */
export const defaultPaymentSettings: PaymentSettings = {
  mode: 'none',
  provider: 'test',
  capture: 'automatic',
  stripe: undefined,
  test: {delayMs: 0, webhookSecrets: ['test']},
}

/** How long a buyer has to finish an action, such as confirming the payment with the bank. */
export const actionSeconds = 900
