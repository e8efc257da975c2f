/** What happens to payments with a method of the test provider, and the last four digits of the method's card. */
export const outcomes = {
  /** Is captured, or authorized if the shop captures manually. "Charges" below means the same. */
  ok: '4242',
  declined: '0002',
  insufficient_funds: '9995',
  /** Waits for `completeAction`. */
  requires_action: '3155',
  /** Charges after 3 s. Until then the call has no answer, the payment is processing, and a repeat finds the provider busy. */
  slow_3s: '3000',
  /** Charges, but does not answer the first call with a key. */
  timeout_then_captured: '4080',
  /** The first call with a key is lost on its way. A repeat arrives, and charges. */
  timeout_then_nothing: '4081',
  /** Answers with status 500, to a repeat as well, but charges. */
  '500_then_captured': '5000',
  processing_then_captured: '7726',
  processing_then_failed: '7727',
  /** Charges, but every refund fails. */
  refund_fails: '5126',
  /** Charges one minor unit more than it was asked for. */
  wrong_amount: '1001',
} as const

export type Outcome = keyof typeof outcomes

export const outcomeNames = Object.keys(outcomes) as Outcome[]
