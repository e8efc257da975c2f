import {InvalidUserError} from '../../errors.ts'
import {countCodePoints} from '../../text.ts'
import {bcryptCost, fitsBcrypt, maxPasswordBytes} from './password-hashes.ts'

/** Makes a bcrypt hash. */
export type Bcrypt = {
  hash(password: string, cost: number): Promise<string>
}

/** The fewest characters of a password that is set here. Imported users keep shorter ones. */
const fewestCharacters = 8

/** Why a user cannot get the password; undefined if it can be set. */
export function findPasswordProblem(password: string): string | undefined {
  if (password === '') return `The password is empty. Use at least ${fewestCharacters} characters.`
  if (countCodePoints(password) < fewestCharacters) {
    return `The password is too short. Use at least ${fewestCharacters} characters.`
  }
  if (!fitsBcrypt(password)) return `The password is longer than ${maxPasswordBytes} bytes. Use a shorter one.`
  return undefined
}

/** Throws InvalidUserError for a password that no user may get. */
export function requireNewPassword(password: string): void {
  const problem = findPasswordProblem(password)
  if (problem !== undefined) throw new InvalidUserError(problem)
}

/** Of a password that bcrypt reads whole. */
export async function hashPassword(bcrypt: Bcrypt, password: string): Promise<string> {
  return bcrypt.hash(password, bcryptCost)
}
