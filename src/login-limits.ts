export type LoginLimits = {
  /** The most failed logins of one account in an hour, from each address it has used, and from all others together. */
  accountTries: number
  /** The most failed logins from one address in an hour. 0 turns a limit off. */
  addressTries: number
}

/** For a shop whose environment sets nothing. */
export const defaultLoginLimits: LoginLimits = {accountTries: 20, addressTries: 100}
