import {InvalidUserError} from '../../errors.ts'
import {bcryptCost, fitsBcrypt, maxPasswordBytes} from './password-hashes.ts'

export {fitsBcrypt, isBcryptHash, isDjangoHash, maxPasswordBytes} from './password-hashes.ts'

/** Makes a bcrypt hash. */
export type Bcrypt = {
  hash(password: string, cost: number): Promise<string>
}

/** Throws InvalidUserError for a password that is empty or longer than bcrypt reads. */
export async function hashPassword(bcrypt: Bcrypt, password: string): Promise<string> {
  if (password === '') throw new InvalidUserError(`The password is empty. Use 1 to ${maxPasswordBytes} bytes.`)
  if (!fitsBcrypt(password)) {
    throw new InvalidUserError(`The password is longer than ${maxPasswordBytes} bytes. Use a shorter one.`)
  }
  return bcrypt.hash(password, bcryptCost)
}
