import type {z} from 'zod'

import type {Token} from '../services/accounts/tokens.ts'
import type * as schemas from './schemas.ts'

export function loginJson({token, expiresAt}: Token): z.output<typeof schemas.Login> {
  return {token, expires_at: expiresAt}
}
