/** How long a call to a provider may take. */
export const defaultCallMs = 20_000

/** How long one process has a payment or a refund to itself: longer than any call. */
export const leaseSeconds = 60

/** SQL for the pause before the next try, by the column `tries`: 2 s, 4 s and so on, up to 15 minutes. */
export const backOff = `least(2 ^ least(tries, 10), 900) * (0.75 + random() / 2) * interval '1 second'`

/** A payment that was not sent by then is cancelled: its client has gone. */
export const startSeconds = 60

/** As long as this, a provider remembers an idempotency key. */
export const repeatHours = 23
