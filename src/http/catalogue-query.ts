import type {Request} from 'express'
import {z} from 'zod'

import {isCurrency} from '../money.ts'
import {type Ordering, orderings} from '../services/catalogue/order.ts'
import {maxSearchLength} from '../services/catalogue/search.ts'
import {parseBody} from './fields.ts'
import {address, lastOf, pageSizeField, readPageNumber} from './page-links.ts'

export type CatalogueQuery = {
  pageSize: number
  currency?: string | undefined
  search?: string | undefined
  ordering?: Ordering | undefined
} & ({page: number | 'last'} | {cursor: string})

const currencyField = choiceField(isCurrency)

/** What is given but empty counts as not given, but for a cursor, which begins empty. */
const Query = z
  .object({
    page_size: pageSizeField(),
    currency: currencyField,
    ordering: choiceField<Ordering>((text) => (orderings as readonly string[]).includes(text)),
    search: z
      .string()
      .refine((text) => !text.includes('\0'), 'Null characters are not allowed.')
      .refine(
        (text) => text.length <= maxSearchLength,
        `Ensure this field has no more than ${maxSearchLength} characters.`,
      )
      .optional(),
    cursor: z.string().optional(),
    page: z.string().optional(),
  })
  .refine(({cursor, page}) => cursor === undefined || page === undefined, {
    path: ['cursor'],
    error: 'Give a page or a cursor, not both.',
  })

/** Throws 400 with the errors of the parameters, or InvalidPageError. */
export function readCatalogueQuery(request: Request): CatalogueQuery {
  const parameters = address(request).searchParams
  const names = Object.keys(Query.shape)
  const {page_size, currency, ordering, search, cursor} = parseBody(
    Query,
    Object.fromEntries(names.map((name) => [name, lastOf(parameters, name)])),
  )
  const filter = {pageSize: page_size, currency, search, ordering}
  return cursor === undefined ? {...filter, page: readPageNumber(parameters)} : {...filter, cursor}
}

/** Of a list's own: the currency alone. */
export function readCurrency(request: Request): string | undefined {
  const currency = lastOf(address(request).searchParams, 'currency')
  return parseBody(z.object({currency: currencyField}), {currency}).currency
}

function choiceField<Choice extends string = string>(
  isChoice: (text: string) => boolean,
): z.ZodType<Choice | undefined> {
  return z
    .string()
    .transform((text) => (text === '' ? undefined : text))
    .optional()
    .refine((text): text is Choice | undefined => text === undefined || isChoice(text), {
      error: ({input}) => `"${String(input)}" is not a valid choice.`,
    })
}
