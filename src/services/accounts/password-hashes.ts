/** bcrypt reads 72 bytes of a password, and would not check the rest. */
export const maxPasswordBytes = 72

/** The cost of a new hash, which takes about 60 ms. Each step doubles the time. */
export const bcryptCost = 10

/** A hash that costs more is refused in fixtures and matches no password: a login with it would stop all others. */
export const maxBcryptCost = 14
export const maxIterations = 2_000_000

export function fitsBcrypt(password: string): boolean {
  return Buffer.byteLength(password) <= maxPasswordBytes
}

/** What it takes to compare a password with hashes: rounds are 2 to the power of the cost. */
export type HashCosts = {bcryptCost: number; iterations: number}

/** Whether this is a bcrypt hash that the shop compares passwords with. */
export function isBcryptHash(hash: string): boolean {
  const cost = readBcryptCost(hash)
  return cost !== undefined && cost >= 4 && cost <= maxBcryptCost
}

/** Whether this is a PBKDF2 hash of Django that the shop compares passwords with. */
export function isDjangoHash(hash: string): boolean {
  const parts = readDjangoHash(hash)
  return parts !== undefined && parts.iterations <= maxIterations
}

/** Whether this is a hash that the shop knows but does not compare passwords with, because that would take too long. */
export function isTooCostly(hash: string): boolean {
  return (readBcryptCost(hash) ?? 0) > maxBcryptCost || (readDjangoHash(hash)?.iterations ?? 0) > maxIterations
}

export function readBcryptCost(hash: string): number | undefined {
  const match = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)
  return match ? Number(match[1]) : undefined
}

export type DjangoHash = {iterations: number; salt: string; digest: Buffer}

/** `pbkdf2_sha256$<iterations>$<salt>$<base64 of 32 bytes>`, as django.contrib.auth.hashers writes it. */
export function readDjangoHash(hash: string): DjangoHash | undefined {
  const match = /^pbkdf2_sha256\$([1-9]\d*)\$([^$]+)\$([A-Za-z0-9+/]{43}=)$/.exec(hash)
  if (!match) return undefined
  const [, iterations = '', salt = '', digest = ''] = match
  return {iterations: Number(iterations), salt, digest: Buffer.from(digest, 'base64')}
}
