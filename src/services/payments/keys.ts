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

export function refundKey(reference: string): string {
  return `shop:refund:${reference}`
}

/** The same in SQL. The argument is SQL. */
export function refundKeyInSql(reference: string): string {
  return `'shop:refund:' || ${reference}`
}
