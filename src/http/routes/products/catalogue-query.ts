import type {Request} from 'express'
import {z} from 'zod'
import type {oas31} from 'zod-openapi'

import {isCurrency} from '../../../money.ts'
import {type Ordering, orderings} from '../../../services/catalogue/sort.ts'
import {maxSearchLength} from '../../../services/catalogue/search.ts'
import {isAtMost} from '../../../text.ts'
import {echo} from '../../drf/echo.ts'
import {parseBody} from '../../drf/fields.ts'
import {currencyInput} from '../../drf/money-fields.ts'
import {lastValue, pageField, pageSizeField, readPageNumber, requestUrl} from '../page-links.ts'

type CatalogueRequest = {
  pageSize: number
  currency?: string | undefined
  search?: string | undefined
  ordering?: Ordering | undefined
} & ({page: number | 'last'} | {cursor: string})

const currencyField = choiceField(isCurrency).meta({
  override: orEmpty(currencyInput),
  description:
    'The currency of the prices; products without a price in it are left out. The default is the currency of the shop.',
})

export const CurrencyQuery = z.object({currency: currencyField})

/** An empty parameter counts as a missing one, except the cursor, which starts empty. */
export const CatalogueQuery = z
  .object({
    page_size: pageSizeField(),
    currency: currencyField,
    ordering: choiceField<Ordering>((text) => (orderings as readonly string[]).includes(text)).meta({
      override: orEmpty({type: 'string', enum: [...orderings]}),
      description: 'A leading `-` sorts in descending order.',
    }),
    search: z
      .string()
      .refine((text) => !text.includes('\0'), 'Null characters are not allowed.')
      .refine(
        (text) => isAtMost(text, maxSearchLength),
        `Ensure this field has no more than ${maxSearchLength} characters.`,
      )
      .optional()
      .meta({
        override: {type: 'string', maxLength: maxSearchLength, pattern: String.raw`^[^\u0000]*$`},
        description: 'Words, or parts of words, that the name must contain. Case and accents are ignored.',
      }),
    cursor: z
      .string()
      .optional()
      .meta({description: 'Use it instead of `page`: start with an empty cursor, then follow `next` and `previous`.'}),
    page: pageField,
  })
  .refine(({cursor, page}) => cursor === undefined || page === undefined, {
    path: ['cursor'],
    error: 'Use either a page or a cursor, not both.',
  })

function orEmpty(schema: oas31.SchemaObject): oas31.SchemaObject {
  return {anyOf: [schema, {const: ''}]}
}

/** Throws 400 with the errors of the parameters, or InvalidPageError. */
export function readCatalogueQuery(request: Request): CatalogueRequest {
  const parameters = requestUrl(request).searchParams
  const names = Object.keys(CatalogueQuery.shape)
  const {page_size, currency, ordering, search, cursor} = parseBody(
    CatalogueQuery,
    Object.fromEntries(names.map((name) => [name, lastValue(parameters, name)])),
  )
  const filter = {pageSize: page_size, currency, search, ordering}
  return cursor === undefined ? {...filter, page: readPageNumber(parameters)} : {...filter, cursor}
}

/** Throws 400 if the currency is not valid. */
export function readCurrency(request: Request): string | undefined {
  const currency = lastValue(requestUrl(request).searchParams, 'currency')
  return parseBody(CurrencyQuery, {currency}).currency
}

function choiceField<Choice extends string = string>(
  isChoice: (text: string) => boolean,
): z.ZodType<Choice | undefined> {
  return z
    .string()
    .transform((text) => (text === '' ? undefined : text))
    .optional()
    .refine((text): text is Choice | undefined => text === undefined || isChoice(text), {
      error: ({input}) => `"${echo(String(input))}" is not a valid choice.`,
    })
}
