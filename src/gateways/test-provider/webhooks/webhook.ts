import {InvalidSignatureError, type ProviderEvent} from '../../gateway.ts'
import {signatureHeader, signatureOf, verifySignature} from './signature.ts'

export type Webhook = {body: Buffer; headers: Record<string, string>}

export function createWebhook(event: ProviderEvent, secrets: readonly string[], at: Date): Webhook {
  const body = Buffer.from(JSON.stringify({id: event.id, type: event.type, payment: event.paymentId}))
  return {
    body,
    headers: {'content-type': 'application/json', [signatureHeader]: signatureOf(body, secrets, at)},
  }
}

export function readWebhook(
  rawBody: Buffer,
  headers: Record<string, string | string[] | undefined>,
  secrets: readonly string[],
): ProviderEvent {
  verifySignature(rawBody, headers[signatureHeader], secrets, new Date())
  const event = parseObject(rawBody)
  const {id, type, payment} = event
  if (typeof id !== 'string' || typeof type !== 'string' || (payment !== null && typeof payment !== 'string')) {
    throw new InvalidSignatureError('The body is signed, but is not an event.')
  }
  return {id, type, paymentId: payment}
}

function parseObject(body: Buffer): {id?: unknown; type?: unknown; payment?: unknown} {
  try {
    return Object(JSON.parse(body.toString())) as object
  } catch (error) {
    throw new InvalidSignatureError('The body is signed, but is not JSON.', {cause: error})
  }
}
