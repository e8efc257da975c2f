import type {Request} from 'express'
import {z} from 'zod'

import {InvalidPageError} from '../../errors.ts'
import {defaultPageSize, maxPageSize, type PageRequest} from '../../services/page.ts'
import {basePathOf} from '../edge/base-path.ts'
import {integerField, parseBody} from '../drf/fields.ts'
import {InvalidHostError} from '../problems/http-errors.ts'

/** `readPageNumber` reads it, because a bad page is 404 and not 400. */
export const pageField = z
  .string()
  .optional()
  .meta({
    override: {type: 'string', pattern: String.raw`^(last|\s*\+?\d+(_\d+)*\s*)?$`},
    description: 'The number of the page, starting at 1, or `last`.',
  })

/** Reads `?page=N` (or `last`) and `?page_size=N`. */
export function readPage(request: Request): PageRequest {
  const parameters = requestUrl(request).searchParams
  const {page_size: pageSize} = parseBody(PageQuery, {page_size: lastValue(parameters, 'page_size')})
  return {page: readPageNumber(parameters), pageSize}
}

/** An empty value means the first page. */
export function readPageNumber(parameters: URLSearchParams): number | 'last' {
  const text = lastValue(parameters, 'page') ?? ''
  if (text === '') return 1
  if (text === 'last') return 'last'
  // The texts that Python's int() accepts.
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
      description: 'The number of items per page.',
    })
}

export const PageQuery = z.object({page: pageField, page_size: pageSizeField()})

/** Returns the last value of a repeated parameter. */
export function lastValue(parameters: URLSearchParams, name: string): string | undefined {
  return parameters.getAll(name).at(-1)
}

/** Returns the absolute address of another page of the same list, keeping the other query parameters. */
export function linkTo(request: Request): (page: number) => string {
  return (page) => {
    const url = requestUrl(request)
    url.searchParams.delete('page')
    if (page > 1) url.searchParams.set('page', String(page))
    url.searchParams.sort()
    return url.href
  }
}

/** The same for pages that are named by cursors. */
export function linkToCursor(request: Request): (cursor: string) => string {
  return (cursor) => {
    const url = requestUrl(request)
    url.searchParams.set('cursor', cursor)
    url.searchParams.sort()
    return url.href
  }
}

/** Returns a function that makes paths of the shop absolute, and leaves other addresses as they are. */
export function toAbsolute(request: Request): (url: string) => string {
  const {origin} = requestUrl(request)
  const basePath = basePathOf(request)
  return (url) => (/^\/(?!\/)/.test(url) ? `${origin}${basePath}${url}` : url)
}

/** The address that the client requested, as trusted proxies report it. */
export function requestUrl(request: Request): URL {
  // An HTTP/1.0 request may have no Host header.
  const host = (request.host as string | undefined) ?? localHost(request)
  if (!/^[\w.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(host) || !URL.canParse(`http://${host}`)) {
    throw new InvalidHostError()
  }
  if (!isOneOf(request.app.get('hosts') as readonly string[], host)) throw new InvalidHostError()
  const [, query = ''] = request.originalUrl.split(/\?(.*)/s)
  const url = new URL(`${protocolOf(request)}://${host}${basePathOf(request)}${request.path}`)
  url.search = query
  return url
}

/** Like Django's ALLOWED_HOSTS, where `.example.com` also stands for all names below it. */
function isOneOf(hosts: readonly string[], host: string): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '')
  return (
    hosts.length === 0 ||
    hosts.some((one) => name === one.replace(/^\./, '') || (one.startsWith('.') && name.endsWith(one)))
  )
}

function localHost({socket: {localAddress = 'localhost', localPort = 80}}: Request): string {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}

/** A proxy passes on whatever its own client sent, if it does not set X-Forwarded-Proto itself. */
function protocolOf(request: Request): 'http' | 'https' {
  return request.protocol.toLowerCase() === 'https' ? 'https' : 'http'
}
