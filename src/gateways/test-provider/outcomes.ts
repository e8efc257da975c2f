/** What becomes of payments with a method of the test provider, by the last four digits of its card. */
export const outcomes = {
  /** Captured, or authorized if the shop captures manually. So are all others that do not say otherwise. */
  ok: '4242',
  declined: '0002',
  insufficient_funds: '9995',
  /** Waits for `completeAction`. */
  requires_action: '3155',
  /** The answer takes 3 s; until then the payment is processing, and a repeat finds the provider busy. */
  slow_3s: '3000',
  /** Never answers, but charges. */
  timeout_then_captured: '4080',
  /** The first call with a key gets lost on its way. A repeat arrives. */
  timeout_then_nothing: '4081',
  /** Answers that it failed, as it will to every repeat, but charges. */
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
