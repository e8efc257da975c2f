import {encodeCursor} from '../../src/services/catalogue/page-cursor.ts'
import {defaultPageSize} from '../../src/services/page.ts'
import {BenchmarkError} from '../benchmark-error.ts'
import {fetchOnce, type Load} from '../load.ts'
import type {Target} from '../targets.ts'
import {rareWord} from './fill-shop.ts'

/** The size of a shop, and a search for it. */
export type CatalogueSize = {
  products: number
  /** Each word is in many names, and some tens of names have all of them. More products need more words. */
  words: string
}

/** The middle and the end of a shop's list. */
export type Places = {middlePage: number; middleCursor: string; lastCursor: string; middleProduct: number}

export type OpenShop = {
  origin: string
  size: CatalogueSize
  places: Places
  /** Ids of products to order. */
  ordered: number[]
}

export type CatalogueRequest = {
  name: string
  /** How many times as long the large shop may take. */
  target?: Target
  /** How many milliseconds the large shop may take, where a small one has nothing like it. */
  targetMs?: Target
  pathIn: (shop: OpenShop) => string
}

const list = '/products/list/'
const target: Target = {relation: '<=', bound: 3}
const targetMs: Target = {relation: '<=', bound: 20}

export const catalogueRequests: CatalogueRequest[] = [
  {name: 'first page', target, pathIn: () => list},
  {name: 'middle page by cursor', target, pathIn: ({places}) => `${list}?cursor=${places.middleCursor}`},
  {name: 'last page', target, pathIn: () => `${list}?page=last`},
  {name: 'last page by cursor', target, pathIn: ({places}) => `${list}?cursor=${places.lastCursor}`},
  {name: 'search, one rare word', target, pathIn: () => search(rareWord)},
  {name: 'search, common words that few have', pathIn: ({size}) => search(size.words)},
  {name: 'first page in EUR', target, pathIn: () => `${list}?currency=EUR`},
  {name: 'product', target, pathIn: ({places}) => `/products/${places.middleProduct}/`},
  // Generated names have one of ten sizes, and this is one of them.
  {name: 'search, a tenth matches', targetMs, pathIn: () => search('pack')},
  {name: 'search, a short word that a tenth has', targetMs, pathIn: () => search('p')},
  {name: 'middle page by number', targetMs, pathIn: ({places}) => `${list}?page=${places.middlePage}`},
  {
    name: 'page by number, a third into prices',
    targetMs,
    pathIn: ({places}) => `${list}?ordering=price&page=${Math.ceil((places.middlePage * 2) / 3)}`,
  },
]

function search(words: string): string {
  return `${list}?${new URLSearchParams({search: words}).toString()}`
}

/** With one connection, since the time of one request is compared. */
export function loadOf(path: string): Load {
  return {connections: 1, request: () => ({method: 'GET', path}), status: 200}
}

/** Makes the cursors from the pages before the places, which are read by page number. */
export async function findPlaces(origin: string): Promise<Places> {
  const {count} = await fetchPage(origin, list)
  const pageCount = Math.ceil(count / defaultPageSize)
  const middlePage = Math.ceil(pageCount / 2)
  const middle = await fetchPage(origin, `${list}?page=${middlePage}`)
  const lastButOne = await fetchPage(origin, `${list}?page=${pageCount - 1}`)
  return {
    middlePage,
    middleCursor: cursorAfter(middle),
    lastCursor: cursorAfter(lastButOne),
    middleProduct: lastOf(middle).id,
  }
}

type ListPage = {count: number; results: {id: number; name: string}[]}

/** Returns how many products match. Throws if none does. */
export async function countMatches(origin: string, path: string): Promise<number | undefined> {
  const page = (await fetchJson(origin, path)) as Partial<ListPage>
  if (page.results?.length === 0) throw new BenchmarkError(`Nothing is listed at ${path}.`)
  return page.count
}

async function fetchPage(origin: string, path: string): Promise<ListPage> {
  return (await fetchJson(origin, path)) as ListPage
}

async function fetchJson(origin: string, path: string): Promise<unknown> {
  const {body} = await fetchOnce(origin, loadOf(path))
  return JSON.parse(Buffer.from(body, 'latin1').toString('utf8'))
}

function cursorAfter(page: ListPage): string {
  const {id, name} = lastOf(page)
  return encodeCursor({currency: 'USD', order: 'name', search: null, isBackwards: false, place: [name, id]})
}

function lastOf({results}: ListPage): {id: number; name: string} {
  const last = results.at(-1)
  if (!last) throw new BenchmarkError('A page in the middle of the catalogue is empty.')
  return last
}
