import {z} from 'zod'

import {amount, currency, time} from './page.ts'

export const UserSummary = z.strictObject({
  id: z.int().positive(),
  username: z.string(),
  is_active: z.boolean(),
  created_at: time,
  last_order_at: time.nullable(),
})

const count = z.int().nonnegative()

export const UserRecord = UserSummary.extend({
  state_since: time.nullable(),
  orders: z.strictObject({
    count,
    cancelled: count,
    totals: z.array(z.strictObject({total_price: amount, currency})),
  }),
  tokens: z.strictObject({count, next_expiry: time.nullable()}),
  failed_logins: z.array(z.strictObject({address: z.string().nullable(), count: z.int().positive(), until: time})),
  changes: z.array(
    z.strictObject({
      created_at: time,
      change: z.enum([
        'activated',
        'created',
        'deactivated',
        'logins unlocked',
        'password set',
        'token created',
        'tokens revoked',
      ]),
      operator: z.string(),
      note: z.string().nullable(),
    }),
  ),
})

export const CreatedUser = UserRecord.extend({password: z.string().nullable()})

export const SetPassword = CreatedUser.extend({revoked_tokens: count})

export const UnlockedUser = UserRecord.extend({forgotten: count})

const fingerprint = z.string().regex(/^[0-9a-f]{12}$/)

export const TokenSummary = z.strictObject({fingerprint, created_at: time, expires_at: time.nullable()})

export const CreatedToken = z.strictObject({
  user: z.string(),
  token: z.string().regex(/^[0-9a-f]{40}$/),
  fingerprint,
  expires_at: time,
})

export const RevokedTokens = z.strictObject({user: z.string(), revoked_tokens: count})
