import {ShopError} from './shop-error.ts'

export class UnknownUserError extends ShopError {
  readonly code = 'unknown_user'
  constructor(username: string) {
    super(`There is no user "${username}".`, {hint: 'To see the users, run: shop list-users'})
  }
}

/** The user exists, but may not log in or order. */
export class DeactivatedUserError extends ShopError {
  readonly code = 'user_deactivated'
  constructor(username: string) {
    super(`The user "${username}" is deactivated.`, {hint: `To activate the user, run: shop activate-user ${username}`})
  }
}

/** The user is active already, or deactivated already. */
export class UserStateError extends ShopError {
  readonly code = 'user_state'
  constructor(username: string, state: 'active' | 'deactivated') {
    super(`The user "${username}" is already ${state}. Nothing was changed.`)
  }
}

/** The user has no valid token with one of these fingerprints, or no token at all. */
export class UnknownTokenError extends ShopError {
  readonly code = 'unknown_token'
  constructor(username: string, fingerprints: string[] = []) {
    const tokens = [fingerprints.length === 1 ? 'token' : 'tokens', fingerprints.join(', ')].join(' ').trim()
    super(`The user "${username}" has no ${tokens}. Nothing was revoked.`, {
      hint: `To see the tokens, run: shop list-tokens ${username}`,
    })
  }
}

export class UsernameTakenError extends ShopError {
  readonly code = 'username_taken'
  constructor(username: string, options?: ErrorOptions) {
    super(`The username "${username}" is already taken.`, options)
  }
}

/** The shop does not accept the username or the password. */
export class InvalidUserError extends ShopError {
  readonly code = 'invalid_user'
}

/** The token has expired or been revoked, or its user was deactivated, while the order waited. */
export class TokenEndedError extends ShopError {
  readonly code = 'token_ended'
  constructor() {
    super('Invalid token.')
  }
}

/** The user is unknown or inactive, or the password is wrong. The caller must not learn which. */
export class LoginFailedError extends ShopError {
  readonly code = 'login_failed'
  constructor() {
    super('Unable to log in with provided credentials.')
  }
}

/** Too many logins failed: of the account, or from the address. The caller must not learn which. */
export class LoginLimitedError extends ShopError {
  readonly code = 'login_limited'
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super('Too many logins failed. Try again later.')
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Whoever changes a password does not know the current one. */
export class WrongPasswordError extends ShopError {
  readonly code = 'wrong_password'
  constructor() {
    super('The current password is wrong.')
  }
}

/** Too many logins are waiting for their passwords to be checked. */
export class LoginBusyError extends ShopError {
  readonly code = 'login_busy'
  constructor() {
    super('Too many logins are waiting. Try again in a moment.')
  }
}

/** The client disconnected before its password was checked. */
export class LoginAbandonedError extends ShopError {
  readonly code = 'login_abandoned'
  constructor() {
    super('The client disconnected before its password was checked.')
  }
}
