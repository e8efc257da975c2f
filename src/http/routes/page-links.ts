import type {Request} from 'express'
import {z} from 'zod'

import {InvalidPageError} from '../../errors.ts'
import {defaultPageSize, maxPageSize, type PageRequest} from '../../services/page.ts'
import {integerField, parseBody} from '../drf/fields.ts'
import {InvalidHostError} from '../problems/http-errors.ts'

/** Read by `readPageNumber`, whose refusal is another one. */
export const pageField = z
  .string()
  .optional()
  .meta({
    override: {type: 'string', pattern: String.raw`^(last|\s*\+?\d+(_\d+)*\s*)?$`},
    description: 'A number from 1, or `last`.',
  })

/** `?page=N` or `last`, with `?page_size=N`. */
export function readPage(request: Request): PageRequest {
  const parameters = address(request).searchParams
  const {page_size: pageSize} = parseBody(PageQuery, {page_size: lastOf(parameters, 'page_size')})
  return {page: readPageNumber(parameters), pageSize}
}

/** An empty one is the first page. */
export function readPageNumber(parameters: URLSearchParams): number | 'last' {
  const text = lastOf(parameters, 'page') ?? ''
  if (text === '') return 1
  if (text === 'last') return 'last'
  // What Python's int() reads.
  if (!/^\s*\+?\d+(_\d+)*\s*$/.test(text)) throw new InvalidPageError()
  return Number(text.replaceAll('_', ''))
}

export function pageSizeField(): z.ZodType<number> {
  return z
    .unknown()
    .optional()
    .transform((value): unknown => (value === undefined || value === '' ? defaultPageSize : value))
    .pipe(integerField())
    .refine((size) => size >= 1, 'Ensure this value is greater than or equal to 1.')
    .refine((size) => size <= maxPageSize, `Ensure this value is less than or equal to ${maxPageSize}.`)
    .meta({
      override: {
        anyOf: [{type: 'integer', minimum: 1, maximum: maxPageSize, default: defaultPageSize}, {const: ''}],
      },
      description: 'How many on a page.',
    })
}

export const PageQuery = z.object({page: pageField, page_size: pageSizeField()})

/** Of several, the last one counts. */
export function lastOf(parameters: URLSearchParams, name: string): string | undefined {
  return parameters.getAll(name).at(-1)
}

/** The address of another page of the same list, absolute, with the other parameters of the query kept. */
export function linkTo(request: Request): (page: number) => string {
  return (page) => {
    const url = address(request)
    url.searchParams.delete('page')
    if (page > 1) url.searchParams.set('page', String(page))
    url.searchParams.sort()
    return url.href
  }
}

/** The same for a page that a cursor names. */
export function linkToCursor(request: Request): (cursor: string) => string {
  return (cursor) => {
    const url = address(request)
    url.searchParams.set('cursor', cursor)
    url.searchParams.sort()
    return url.href
  }
}

/** As the client wrote it, seen through the proxies that are trusted. */
export function address(request: Request): URL {
  const {localAddress, localPort} = request.socket
  // A client of HTTP/1.0 may send none.
  const host = (request.host as string | undefined) ?? `${localAddress ?? 'localhost'}:${localPort ?? 80}`
  if (!/^[\w.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(host) || !URL.canParse(`http://${host}`)) {
    throw new InvalidHostError()
  }
  const [, query = ''] = request.originalUrl.split(/\?(.*)/s)
  const url = new URL(`${request.protocol}://${host}${request.path}`)
  url.search = query
  return url
}
