import {z} from 'zod'

import {time} from './page.ts'

// What `shop top --once --json` prints: see docs/cli-json.md.

const count = z.int().min(0)
const Bounded = z.strictObject({count, is_capped: z.boolean()})
const rate = z.number().min(0)
const duration = z.number().min(0).nullable()
const latency = {per_second: rate, p50_seconds: duration, p99_seconds: duration}
const outcomes = z.array(z.strictObject({outcome: z.string(), per_second: rate}))

const Product = z.strictObject({
  id: z.int().positive(),
  name: z.string(),
  units: count,
  free: count,
  held: count,
  seconds_left: duration,
})

export const Top = z.strictObject({
  read_at: time,
  orders: z.strictObject({per_second: rate, last_hour: Bounded}),
  holds: z.strictObject({lines: Bounded, units: count, ending_soon: count, expired: count}),
  payments: z.strictObject({
    open: z.array(z.strictObject({state: z.string(), count: z.int().positive()})),
    is_capped: z.boolean(),
    overdue: count,
  }),
  sales: z.strictObject({
    since: time,
    best_sellers: z.array(Product),
    running_out: z.array(Product),
    sold_out: count,
  }),
  server: z
    .strictObject({
      seconds: z.number().positive(),
      requests: z.strictObject({...latency, client_errors_per_second: rate, server_errors_per_second: rate}),
      orders: z.strictObject({...latency, placed_per_second: rate}),
      refusals: z.array(z.strictObject({code: z.string(), count, per_second: rate})),
      checkout: z.strictObject({
        queue: count,
        wait_p99_seconds: duration,
        batch_mean: z.number().positive().nullable(),
        transaction_p99_seconds: duration,
        retries_per_second: rate,
        unknown_outcomes: count,
      }),
      payment_calls: outcomes,
      logins: outcomes,
      connections: z.array(
        z.strictObject({pool: z.string(), used: count, idle: count, waiting: count, max: count.nullable()}),
      ),
      event_loop_p99_seconds: duration,
      memory_bytes: count.nullable(),
    })
    .nullable(),
  metrics_problem: z.string().nullable(),
})
