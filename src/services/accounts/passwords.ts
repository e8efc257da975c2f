import {pbkdf2, timingSafeEqual} from 'node:crypto'
import {promisify} from 'node:util'

import {InvalidUserError} from '../../errors.ts'

/** Does the slow part of bcrypt: bcryptjs itself in a command, a pool of threads in a server. */
export type Bcrypt = {
  hash(password: string, cost: number): Promise<string>
  compare(password: string, hash: string): Promise<boolean>
}

/** bcrypt reads 72 bytes of a password, and would not check the rest. */
export const maxPasswordBytes = 72

const cost = 10

/** Throws InvalidUserError for a password that is empty or longer than bcrypt reads. */
export async function hashPassword(bcrypt: Bcrypt, password: string): Promise<string> {
  if (password === '') throw new InvalidUserError(`The password is empty. Use 1 to ${maxPasswordBytes} bytes.`)
  if (!fitsBcrypt(password)) {
    throw new InvalidUserError(`The password is longer than ${maxPasswordBytes} bytes. Use a shorter one.`)
  }
  return bcrypt.hash(password, cost)
}

/** Compares with a bcrypt hash, or with one of Django's PBKDF2 hashes from an imported fixture. */
export async function isPassword(bcrypt: Bcrypt, password: string, hash: string): Promise<boolean> {
  if (isDjangoHash(hash)) return isDjangoPassword(password, hash)
  // Nothing matches any other text, such as Django's mark of an unusable password.
  return isBcryptHash(hash) && fitsBcrypt(password) && bcrypt.compare(password, hash)
}

/** Takes as long as comparing with a real hash, so that the response time does not tell which users exist. */
export async function comparePasswordInVain(bcrypt: Bcrypt, password: string): Promise<void> {
  const hashOfNoPassword = '$2b$10$q6jZknBQQ9FJ.vLPPJuDB.7vN2Oy9KZa4D9qrE6LvHhcksoozZftq'
  await bcrypt.compare(password.slice(0, maxPasswordBytes / 4), hashOfNoPassword)
}

export function isDjangoHash(hash: string): boolean {
  return /^pbkdf2_sha256\$[1-9]\d{0,8}\$[^$]+\$[A-Za-z0-9+/]{43}=$/.test(hash)
}

export function isBcryptHash(hash: string): boolean {
  return /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)
}

export function fitsBcrypt(password: string): boolean {
  return Buffer.byteLength(password) <= maxPasswordBytes
}

const derive = promisify(pbkdf2)

/** `pbkdf2_sha256$<iterations>$<salt>$<base64 of 32 bytes>`, as django.contrib.auth.hashers writes it. */
async function isDjangoPassword(password: string, hash: string): Promise<boolean> {
  const [, iterations = '', salt = '', digest = ''] = hash.split('$')
  const expected = Buffer.from(digest, 'base64')
  const actual = await derive(password, salt, Number(iterations), 32, 'sha256')
  return expected.length === actual.length && timingSafeEqual(actual, expected)
}
