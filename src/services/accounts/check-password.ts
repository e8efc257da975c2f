import {hash as digestOf, pbkdf2Sync, timingSafeEqual} from 'node:crypto'

import {compare, hash as bcryptHash} from 'bcryptjs'

import {
  bcryptCost,
  fitsBcrypt,
  type HashCosts,
  isBcryptHash,
  isDjangoHash,
  readBcryptCost,
  readDjangoHash,
} from './password-hashes.ts'

// Runs in the threads of bcrypt-pool.ts. It blocks its thread.

export type PasswordCheck = {
  password: string
  /** Undefined if there is no such user. */
  hash: string | undefined
  /** An inactive user is refused, but only after the same work. */
  isActive: boolean
  /** The highest costs of all users' hashes. */
  highest: HashCosts
  /** What the user changes the password to, if it matches. */
  newPassword?: string
}

/** `newHash` is that of the new password, or replaces a hash of Django. */
export type PasswordResult = {isMatch: boolean; newHash?: string}

/**
 * Compares with a bcrypt hash, or with one of Django's PBKDF2 hashes from an imported fixture. Nothing matches any other
 * text, such as Django's mark of an unusable password.
 *
 * Every refusal takes the same time, so that the time does not tell which users exist: it makes as many rounds of bcrypt
 * and as many iterations of PBKDF2 as the costliest hashes need, whatever the user's own hash is.
 */
export async function checkPassword({newPassword, ...check}: PasswordCheck): Promise<PasswordResult> {
  const result = await compareWithHash(check)
  if (!result.isMatch || newPassword === undefined) return result
  return {isMatch: true, newHash: await bcryptHash(newPassword, bcryptCost)}
}

async function compareWithHash({
  password,
  hash,
  isActive,
  highest,
}: Omit<PasswordCheck, 'newPassword'>): Promise<PasswordResult> {
  if (hash !== undefined && isDjangoHash(hash)) {
    const {iterations, salt, digest} = readDjangoHash(hash) ?? {iterations: 1, salt: '', digest: Buffer.alloc(32)}
    const isMatch = timingSafeEqual(pbkdf2Sync(password, salt, iterations, 32, 'sha256'), digest)
    if (!isMatch || !isActive) return refuse(highest, {iterations})
    return fitsBcrypt(password) ? {isMatch, newHash: await bcryptHash(password, bcryptCost)} : {isMatch}
  }
  if (hash !== undefined && isBcryptHash(hash)) {
    // bcrypt would compare the beginning of a longer password.
    const isMatch =
      (await compare(fitsBcrypt(password) ? password : digestOf('sha256', password), hash)) && fitsBcrypt(password)
    return isMatch && isActive ? {isMatch} : refuse(highest, {bcryptCost: readBcryptCost(hash) ?? 0})
  }
  return refuse(highest, {})
}

/** Does the work that the comparison has not done yet. */
async function refuse(
  highest: HashCosts,
  {bcryptCost: cost, iterations = 0}: Partial<HashCosts>,
): Promise<PasswordResult> {
  if (cost === undefined) await spendBcrypt(highest.bcryptCost)
  // 2^cost rounds are done, and 2^cost + 2^(cost+1) + ... + 2^(highest-1) more make 2^highest.
  else for (let step = cost; step < highest.bcryptCost; step++) await spendBcrypt(step)

  const remaining = highest.iterations - iterations
  if (remaining > 0) pbkdf2Sync('', 'salt', remaining, 32, 'sha256')
  return {isMatch: false}
}

async function spendBcrypt(cost: number): Promise<void> {
  await compare('', `$2b$${String(cost).padStart(2, '0')}$q6jZknBQQ9FJ.vLPPJuDB.7vN2Oy9KZa4D9qrE6LvHhcksoozZftq`)
}
