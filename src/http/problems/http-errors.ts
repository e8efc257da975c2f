import {maxLength} from '../../text.ts'

/** A refusal by HTTP itself. Those of the services are in src/errors/. */
export abstract class HttpError extends Error {
  abstract readonly code: string
  override readonly name = 'HttpError'
  readonly headers: Record<string, string> = {}
}

export class BadRequestError extends HttpError {
  readonly code = 'bad_request'
}

export class InvalidHostError extends BadRequestError {
  constructor() {
    super('The Host header is not a host name of this shop.')
  }
}

export class BodyTooLargeError extends HttpError {
  readonly code = 'body_too_large'
  constructor(maxBytes = 1_000_000) {
    super(`The body is larger than ${maxBytes < 1_000_000 ? `${maxBytes / 1000} kB` : `${maxBytes / 1_000_000} MB`}.`)
  }
}

/** Only readiness checks are refused while the server drains, and requests that a proxy can pass on. */
export class ShuttingDownError extends HttpError {
  readonly code = 'shutting_down'
  constructor() {
    super('The server is shutting down. Nothing was done.')
  }
}

/** The text says nothing about the body, so that no card number gets into a log. */
export class CardNumberError extends HttpError {
  readonly code = 'card_number'
  constructor() {
    super(
      'The body contains what looks like a card number. Cards are given to the payment provider, never to the shop. ' +
        'Nothing was ordered or stored.',
    )
  }
}

/** A webhook that the payment provider did not send, or not lately. */
export class InvalidWebhookError extends HttpError {
  readonly code = 'invalid_signature'
  constructor(options?: ErrorOptions) {
    super('The signature of the webhook is not valid.', options)
  }
}

/** A bug. The client gets no more than the request's id, under which the log has the cause. */
export class InternalError extends HttpError {
  readonly code = 'internal_error'
  constructor() {
    super('The shop failed. Its operators can find the cause in the log by the id of the request.')
  }
}

/**
 * The messages about one value are a list; those about an object are under its keys; those about a list, by position.
 */
export type FieldErrors = string[] | FieldErrors[] | {[field: string]: FieldErrors}

/** Fields of the body, or parameters, are missing or not as described. */
export class InvalidInputError extends HttpError {
  readonly code = 'invalid'
  readonly errors: Record<string, FieldErrors>
  constructor(errors: Record<string, FieldErrors>) {
    super('Invalid input.')
    this.errors = errors
  }
}

export class InvalidIdempotencyKeyError extends HttpError {
  readonly code = 'invalid_idempotency_key'
  constructor() {
    super(`An Idempotency-Key must have 1 to ${maxLength.idempotencyKey} characters.`)
  }
}

export class HeadersTooLargeError extends HttpError {
  readonly code = 'headers_too_large'
  constructor() {
    super('The headers of the request are larger than 16 kB.')
  }
}

/** Texts as in Django REST Framework's TokenAuthentication. */
export class InvalidTokenError extends HttpError {
  readonly code = 'invalid_token'
  constructor(message = 'Invalid token.') {
    super(message)
  }
}

export class MethodNotAllowedError extends HttpError {
  readonly code = 'method_not_allowed'
  override readonly headers: {allow: string}
  constructor(method: string, allow: string) {
    super(`Method "${method}" not allowed.`)
    this.headers = {allow}
  }
}

export class NotAcceptableError extends HttpError {
  readonly code = 'not_acceptable'
  constructor() {
    super('Could not satisfy the request Accept header.')
  }
}

export class NotAuthenticatedError extends HttpError {
  readonly code = 'not_authenticated'
  constructor() {
    super('Authentication credentials were not provided.')
  }
}

/** No resource has this path. */
export class NotFoundError extends HttpError {
  readonly code = 'not_found'
  constructor() {
    super('Not found.')
  }
}

export class ParseError extends HttpError {
  readonly code = 'parse_error'
}

/** The headers or the body did not arrive in time. */
export class RequestTimeoutError extends HttpError {
  readonly code = 'request_timeout'
  constructor() {
    super('The request did not arrive in time.')
  }
}

/** A process has all the connections that it may have, and none that could be closed. */
export class TooManyConnectionsError extends HttpError {
  readonly code = 'too_many_connections'
  constructor() {
    super('The shop has too many connections. Try again in a moment.')
  }
}

export class UnsupportedMediaTypeError extends HttpError {
  readonly code = 'unsupported_media_type'
}

export class InactiveUserError extends HttpError {
  readonly code = 'user_inactive'
  constructor() {
    super('User inactive or deleted.')
  }
}
