import {createHash} from 'node:crypto'

/**
 * Idempotency keys for the provider, from our rows: a repeated call has the key of the first, and no other call has it, also
 * after a backup was restored.
 */
export function paymentKey(reference: string, operation: 'cancel' | 'capture' | 'pay'): string {
  return `shop:${reference}:${operation}`
}

/** The same in SQL. The first argument is SQL. */
export function paymentKeyInSql(reference: string, operation: 'pay'): string {
  return `'shop:' || ${reference} || ':${operation}'`
}

/**
 * The UUID of the refund that an operator's key names. It comes from the random reference of the payment, so the provider
 * recognises the refund for a day, even if a restored backup has lost its row.
 */
export function refundReference(paymentReference: string, idempotencyKey: string): string {
  return createHash('sha256').update(`${paymentReference}:${idempotencyKey}`).digest('hex').slice(0, 32)
}

export function refundKey(reference: string): string {
  return `shop:refund:${reference}`
}

/** The same in SQL. The argument is SQL. */
export function refundKeyInSql(reference: string): string {
  return `'shop:refund:' || ${reference}`
}
