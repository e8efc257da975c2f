import type {Request} from 'express'

import type {PageRequest} from '../services/page.ts'
import {defaultPageSize} from '../services/page.ts'
import {InvalidPageError} from '../errors.ts'
import {HttpProblem} from './problem.ts'

/** `?page=N` or `last`; of several the last one counts, and an empty one is the first page. */
export function readPage(request: Request): PageRequest {
  const text = address(request).searchParams.getAll('page').at(-1) ?? ''
  const pageSize = defaultPageSize
  if (text === '') return {page: 1, pageSize}
  if (text === 'last') return {page: 'last', pageSize}
  // What Python's int() reads.
  if (!/^\s*\+?\d+(_\d+)*\s*$/.test(text)) throw new InvalidPageError()
  return {page: Number(text.replaceAll('_', '')), pageSize}
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

/** As the client wrote it, seen through the proxies that are trusted. */
function address(request: Request): URL {
  const {localAddress, localPort} = request.socket
  // A client of HTTP/1.0 may send none.
  const host = (request.host as string | undefined) ?? `${localAddress ?? 'localhost'}:${localPort ?? 80}`
  if (!/^[\w.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(host) || !URL.canParse(`http://${host}`)) {
    throw new HttpProblem(400, 'bad_request', 'The Host header is not a host name.')
  }
  const [, query = ''] = request.originalUrl.split(/\?(.*)/s)
  const url = new URL(`${request.protocol}://${host}${request.path}`)
  url.search = query
  return url
}
