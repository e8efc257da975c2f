import type {Request} from 'express'
import {z} from 'zod'

import {InvalidSignatureError, type ProviderEvent} from '../../../gateways/gateway.ts'
import type {PaymentSettings} from '../../../payment-settings.ts'
import {isStorable} from '../../../text.ts'
import type {PaymentContext} from '../../context.ts'
import {createBytesReader} from '../../drf/body.ts'
import type {Operation} from '../../openapi/operation.ts'
import {BadRequestError, InvalidWebhookError, NotFoundError} from '../../problems/http-errors.ts'
import {defineResource, type Resource} from '../../resource.ts'
import {requirePayments} from './ask-provider.ts'

/** More than any event has. */
const maxBytes = 256_000

/** More than any name of an event or a payment has. */
const maxNameLength = 255

/** The signature is that of the bytes as they were sent, so a compressed body is refused. */
const readBytes = createBytesReader({maxBytes, inflate: false})

function describe(provider: PaymentSettings['provider']): Operation {
  return {
    operationId: 'receiveWebhook',
    tag: 'Payments',
    summary: 'Receive an event of the payment provider',
    description:
      'Called by the payment provider, whose signature takes the place of a token. The shop stores the event, and then asks ' +
      'the provider about the payment. The answer is the same whether or not the shop knows the payment, and how often the ' +
      `event was sent. The body has at most ${maxBytes / 1000} kB and is not compressed.`,
    security: 'none',
    parameters: {path: z.object({provider: z.literal(provider)})},
    answers: {200: {description: 'The event is stored.'}},
    problems: ['bad_request', 'body_too_large', 'database_unavailable', 'invalid_signature', 'unsupported_media_type'],
  }
}

export function webhook(provider: PaymentSettings['provider']): Resource {
  return defineResource({
    path: '/webhooks/{provider}/',
    words: ['provider'],
    name: 'Webhook',
    operations: {POST: describe(provider)},
    handle(context) {
      const payments = requirePayments(context)
      return {
        async enter(request) {
          if (request.params.provider !== provider) throw new NotFoundError()
          return Promise.resolve()
        },
        methods: {
          async POST(request, response) {
            const event = verify(payments, await readBytes(request, response), request.headers)
            requireStorable(event)
            await payments.receiveEvent(event)
            response.status(200).end()
          },
        },
      }
    },
  })
}

function verify({gateway}: PaymentContext, body: Buffer, headers: Request['headers']): ProviderEvent {
  try {
    return gateway.event(body, headers)
  } catch (error) {
    if (error instanceof InvalidSignatureError) throw new InvalidWebhookError({cause: error})
    throw error
  }
}

/** An event that cannot be stored would be a failure of the shop, and be sent again for days. */
function requireStorable({id, type, paymentId}: ProviderEvent): void {
  const isFine = [id, type, paymentId ?? ''].every((name) => name.length <= maxNameLength && isStorable(name))
  if (!isFine) {
    throw new BadRequestError(
      `The id, the type and the payment of an event may have at most ${maxNameLength} characters, without NUL and unpaired surrogates.`,
    )
  }
}
