import type {Request} from 'express'

import type {FindTokenUser} from '../../services/accounts/tokens.ts'
import type {User} from '../../services/accounts/users.ts'
import {HttpProblem} from '../problems/problem.ts'

/**
 * The caller, by `Authorization: Token <40 hex>`; undefined where the header is missing or of another scheme. A token
 * that does not hold is refused, also where none is needed. Texts as in Django REST Framework's TokenAuthentication.
 */
export async function authenticate(findTokenUser: FindTokenUser, request: Request): Promise<User | undefined> {
  const token = readToken(request)
  if (token === undefined) return undefined
  const user = await findTokenUser(token)
  if (!user) throw new HttpProblem('invalid_token', 'Invalid token.')
  if (!user.isActive) throw new HttpProblem('user_inactive', 'User inactive or deleted.')
  return user
}

/** Throws 401 for a header that names no token. */
export function readToken(request: Request): string | undefined {
  const [keyword, token, ...rest] = (request.headers.authorization ?? '').split(/\s+/).filter((word) => word !== '')
  if (keyword?.toLowerCase() !== 'token') return undefined
  if (token === undefined) throw new HttpProblem('invalid_token', 'Invalid token header. No credentials provided.')
  if (rest.length > 0) {
    throw new HttpProblem('invalid_token', 'Invalid token header. Token string should not contain spaces.')
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new HttpProblem('invalid_token', 'Invalid token header. Token string should not contain invalid characters.')
  }
  return token
}

export async function requireUser(findTokenUser: FindTokenUser, request: Request): Promise<User> {
  const user = await authenticate(findTokenUser, request)
  if (!user) throw new HttpProblem('not_authenticated', 'Authentication credentials were not provided.')
  return user
}
