import {createHmac, timingSafeEqual} from 'node:crypto'

import {InvalidSignatureError} from '../../gateway.ts'

export const signatureHeader = 'test-provider-signature'

/** How far the time of a signature may be from now, in seconds. */
const toleranceSeconds = 5 * 60

/** More signatures than a provider would ever send. Each costs a comparison. */
const mostSignatures = 10

/** The header that proves who sent a body, and when. With several secrets, it has a signature of each. */
export function signatureOf(body: Buffer, secrets: readonly string[], at: Date): string {
  const seconds = String(Math.floor(at.getTime() / 1000))
  return [`t=${seconds}`, ...secrets.map((secret) => `v1=${hmac(secret, seconds, body).toString('hex')}`)].join(',')
}

/** Throws InvalidSignatureError unless one of the signatures was made with one of the secrets, and lately. */
export function verifySignature(body: Buffer, header: unknown, secrets: readonly string[], now: Date): void {
  const match = typeof header === 'string' && /^t=(\d{1,12})((?:,v1=[0-9a-f]{64})+)$/.exec(header)
  if (!match) throw new InvalidSignatureError(`There is no usable ${signatureHeader} header.`)
  const [, seconds = '', list = ''] = match
  const signatures = list.slice(1).split(',')
  if (signatures.length > mostSignatures) throw new InvalidSignatureError('There are too many signatures.')

  const given = signatures.map((signature) => Buffer.from(signature.slice('v1='.length), 'hex'))
  const isKnown = secrets
    .map((secret) => hmac(secret, seconds, body))
    .some((expected) => given.some((signature) => timingSafeEqual(signature, expected)))
  if (!isKnown) throw new InvalidSignatureError('No signature matches the body.')
  if (Math.abs(now.getTime() / 1000 - Number(seconds)) > toleranceSeconds) {
    throw new InvalidSignatureError('The signature is too old, or from the future.')
  }
}

function hmac(secret: string, seconds: string, body: Buffer): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}
