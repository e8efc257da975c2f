import {STATUS_CODES} from 'node:http'

import {z} from 'zod'

import {Shortage, TotalMismatch} from '../../json/schemas.ts'
import {type ProblemCode, statuses} from './problem-codes.ts'

/** When a problem is answered, what it has beside the members that all have, and an answer of the shop with it. */
type Description = {
  when: string
  extensions?: z.ZodRawShape
  /** Unknown keys are errors of fields by their names. */
  hasFields?: boolean
  example: {detail: string; [extension: string]: unknown}
}

const messages = z.array(z.string())

type FieldErrors = string[] | FieldErrors[] | {[field: string]: FieldErrors}

const FieldErrors: z.ZodType<FieldErrors> = z
  .lazy(() => z.union([messages, z.array(FieldErrors), z.record(z.string(), FieldErrors)]))
  .meta({
    id: 'FieldErrors',
    description: 'The texts for a field; those of a list by position, those of an object by key.',
  })

const outOfStock = 'One or more items were out of stock in the quantities you requested - order not created.'
const noCursor = 'This is no cursor of the shop. Begin with an empty one.'
const noLogin = 'Unable to log in with provided credentials.'

export const problems: Readonly<Record<ProblemCode, Description>> = {
  bad_request: {
    when: 'The request is no HTTP that the shop understands.',
    example: {detail: 'The Host header is not a host name.'},
  },
  body_too_large: {
    when: 'The body is larger than 1 MB, also once it is decompressed.',
    example: {detail: 'The body is larger than 1 MB. Send less at once.'},
  },
  checkout_busy: {
    when: 'More orders wait than the shop takes at once. Nothing was ordered.',
    example: {
      detail: 'The shop has more orders than it can take at the moment. Nothing was ordered: try again in a moment.',
    },
  },
  database_unavailable: {
    when: 'The shop cannot reach its database.',
    example: {detail: 'The shop cannot reach its database. Try again in a moment.'},
  },
  idempotency_key_reused: {
    when: 'The Idempotency-Key names an order of other things.',
    example: {detail: 'This Idempotency-Key was used for an order with other items. Use a new key for a new order.'},
  },
  internal_error: {
    when: 'The shop failed.',
    extensions: {id: z.uuid().meta({description: 'Under which the log has the cause.'})},
    example: {
      detail: 'The shop failed. Its operators find the cause in the log, by this id.',
      id: '5d1d5f4c-6a3e-4c39-9d3b-3f0b9d2b8f52',
    },
  },
  invalid: {
    when: 'A field of the body, or a parameter, is missing or not as described. Its errors stand under its name.',
    hasFields: true,
    example: {detail: 'Invalid input.', items: [{quantity: ['A valid integer is required.']}]},
  },
  invalid_cursor: {
    when: 'The cursor is none that the shop gave for this list.',
    extensions: {cursor: messages},
    example: {detail: noCursor, cursor: [noCursor]},
  },
  invalid_idempotency_key: {
    when: 'The Idempotency-Key is empty or too long.',
    example: {detail: 'An Idempotency-Key has 1 to 255 characters.'},
  },
  invalid_order: {
    when: 'The order is well-formed and cannot be: an unknown product, a quantity below 1, a product twice, no items.',
    extensions: {
      items: z
        .array(z.partialRecord(z.enum(['product_id', 'quantity']), messages))
        .optional()
        .meta({description: 'The errors of the items by position; an empty object where there is none.'}),
      non_field_errors: messages.optional().meta({description: 'Of the order as a whole.'}),
    },
    example: {detail: 'Product 999 does not exist.', items: [{product_id: ['Product 999 does not exist.']}]},
  },
  invalid_page: {when: 'There is no such page.', example: {detail: 'Invalid page.'}},
  invalid_token: {when: 'The token is unknown, ended or malformed.', example: {detail: 'Invalid token.'}},
  login_failed: {
    when: 'The user is unknown or inactive, or the password is wrong: one and the same.',
    extensions: {non_field_errors: messages},
    example: {detail: noLogin, non_field_errors: [noLogin]},
  },
  method_not_allowed: {when: 'The path has no such method.', example: {detail: 'Method "DELETE" not allowed.'}},
  not_acceptable: {
    when: 'The Accept header takes neither JSON nor HTML.',
    example: {detail: 'Could not satisfy the request Accept header.'},
  },
  not_authenticated: {
    when: 'There is no token.',
    example: {detail: 'Authentication credentials were not provided.'},
  },
  not_found: {when: 'The path is none of the shop: an id has digits only.', example: {detail: 'Not found.'}},
  order_abandoned: {
    when: 'The client hung up before its order was decided; only the log sees this. Nothing was ordered.',
    example: {detail: 'The client hung up. Nothing was ordered.'},
  },
  order_cancelled: {
    when: 'The order is cancelled already.',
    example: {detail: 'Order 1 is cancelled already. Nothing was changed.'},
  },
  out_of_stock: {
    when: 'There is less in stock than the order asks for. Nothing was ordered.',
    extensions: {message: z.string(), shortages: z.array(Shortage)},
    example: {
      detail: outOfStock,
      message: outOfStock,
      shortages: [{product_id: 6, requested: 1_000_000, available: 500}],
    },
  },
  outcome_unknown: {
    when: 'The database was lost while the order was confirmed. Repeat it with the same Idempotency-Key.',
    example: {
      detail:
        'The shop lost its database while it confirmed the order. Look into the order history, ' +
        'or repeat the order with the same Idempotency-Key.',
    },
  },
  parse_error: {
    when: 'The body is not of the type that it says.',
    example: {
      detail: 'JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)',
    },
  },
  stock_locked: {
    when: 'A product of the order is locked by another session. Nothing was ordered.',
    example: {detail: 'A product of the order is locked at the moment. Nothing was ordered: try again in a moment.'},
  },
  token_ended: {when: 'The token ended while the order waited.', example: {detail: 'Invalid token.'}},
  total_mismatch: {
    when: 'The order costs anything else than its expected_total. Nothing was ordered.',
    extensions: TotalMismatch.shape,
    example: {
      detail: 'The total is 4.25 USD, not 1.00. Nothing was ordered.',
      expected_total: '1.00',
      total_price: '4.25',
      currency: 'USD',
    },
  },
  unknown_order: {when: 'There is no such order, or it is of another user.', example: {detail: 'Not found.'}},
  unknown_product: {when: 'There is no such product, or it cannot be ordered.', example: {detail: 'Not found.'}},
  unsupported_media_type: {
    when: 'The body is neither JSON nor a form, or of an unknown charset or encoding.',
    example: {detail: 'Unsupported media type "text/plain" in request.'},
  },
  user_inactive: {when: 'The user of the token is not active.', example: {detail: 'User inactive or deleted.'}},
}

export type ProblemSchema = z.ZodObject<{code: z.ZodLiteral<ProblemCode>}>

/** A schema for each code, made once for a document, whose components are told apart by identity. */
export function createProblemSchemas(): (code: ProblemCode) => ProblemSchema {
  const schemas = new Map<ProblemCode, ProblemSchema>()
  return (code) => {
    const schema = schemas.get(code) ?? problemSchema(code)
    schemas.set(code, schema)
    return schema
  }
}

function problemSchema(code: ProblemCode): ProblemSchema {
  const {when, extensions = {}, hasFields = false} = problems[code]
  const schema = z.object({
    type: z.literal('about:blank'),
    title: z.literal(STATUS_CODES[statuses[code]] ?? ''),
    status: z.literal(statuses[code]),
    detail: z.string(),
    code: z.literal(code),
    ...extensions,
  })
  return (hasFields ? schema.catchall(FieldErrors) : schema).meta({id: nameOf(code), description: when})
}

/** `out_of_stock` is OutOfStockProblem. */
function nameOf(code: ProblemCode): string {
  return `${code.replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase())}Problem`
}

/** A whole answer with it. */
export function problemExample(code: ProblemCode): Record<string, unknown> {
  const status = statuses[code]
  const {detail, ...extensions} = problems[code].example
  return {type: 'about:blank', title: STATUS_CODES[status], status, detail, code, ...extensions}
}
