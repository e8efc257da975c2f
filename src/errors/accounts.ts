import {ShopError} from './shop-error.ts'

export class UnknownUserError extends ShopError {
  readonly code = 'unknown_user'
  constructor(username: string) {
    super(`There is no user "${username}".`, {hint: 'To create it, run: shop create-user NAME'})
  }
}

/** The user exists, but may not log in or order. */
export class DeactivatedUserError extends ShopError {
  readonly code = 'user_deactivated'
  constructor(username: string) {
    super(`The user "${username}" is deactivated.`)
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
