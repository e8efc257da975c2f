import type {Request} from 'express'

import type {FindTokenUser, TokenUser} from '../../services/accounts/tokens.ts'
import {InactiveUserError, InvalidTokenError, NotAuthenticatedError} from '../problems/http-errors.ts'

/**
 * Finds the caller by `Authorization: Token <40 hex>`. Returns undefined if the header is missing or has another
 * scheme. Throws 401 for an invalid token, even where none is needed, as Django REST Framework's TokenAuthentication
 * does.
 */
export async function authenticate(findTokenUser: FindTokenUser, request: Request): Promise<TokenUser | undefined> {
  const token = readToken(request)
  if (token === undefined) return undefined
  const user = await findTokenUser(token)
  if (!user) throw new InvalidTokenError()
  if (!user.isActive) throw new InactiveUserError()
  return user
}

/** Throws 401 for a malformed token header. */
export function readToken(request: Request): string | undefined {
  const [keyword, token, ...rest] = (request.headers.authorization ?? '').split(/\s+/).filter((word) => word !== '')
  if (keyword?.toLowerCase() !== 'token') return undefined
  if (token === undefined) throw new InvalidTokenError('Invalid token header. No credentials provided.')
  if (rest.length > 0) {
    throw new InvalidTokenError('Invalid token header. Token string should not contain spaces.')
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new InvalidTokenError('Invalid token header. Token string should not contain invalid characters.')
  }
  return token
}

/** The caller, and the token that proves it. */
export async function requireToken(
  findTokenUser: FindTokenUser,
  request: Request,
): Promise<{token: string; user: TokenUser}> {
  const token = readToken(request)
  if (token === undefined) throw new NotAuthenticatedError()
  return {token, user: await requireUser(findTokenUser, request)}
}

export async function requireUser(findTokenUser: FindTokenUser, request: Request): Promise<TokenUser> {
  const user = await authenticate(findTokenUser, request)
  if (!user) throw new NotAuthenticatedError()
  return user
}
