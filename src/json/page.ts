import type {z} from 'zod'

import type {CursorPage} from '../services/catalogue/walk.ts'
import type {KeysetPage} from '../services/keyset-page.ts'
import type {Page} from '../services/page.ts'
import type * as schemas from './schemas.ts'

export type PageJson<T> = z.output<typeof schemas.Page> & {results: T[]}

/** `link` returns the address of another page of the same list. */
export function pageJson<T, Json>(
  {count, page, pageCount, results}: Page<T>,
  toJson: (item: T) => Json,
  link: (page: number) => string,
): PageJson<Json> {
  return {
    count,
    next: page < pageCount ? link(page + 1) : null,
    previous: page > 1 ? link(page - 1) : null,
    results: results.map(toJson),
  }
}

/** Says that `count` is only as far as a search counts. */
export type MoreJson = {more_than_count?: true}

export function moreJson({isMore}: {isMore?: boolean}): MoreJson {
  return isMore === true ? {more_than_count: true} : {}
}

export type NumberedPageJson<T> = {count: number; page: number; page_count: number; results: T[]}

/** The same for a list that has no address, so that its pages have none. */
export function numberedPageJson<T, Json>(
  {count, page, pageCount, results}: Page<T>,
  toJson: (item: T) => Json,
): NumberedPageJson<Json> {
  return {count, page, page_count: pageCount, results: results.map(toJson)}
}

export type KeysetPageJson<T> = {next: string | null; previous: string | null; results: T[]}

/** The same for a list that grows while it is read, and is not counted. */
export function keysetPageJson<T, Json>(
  {next, previous, results}: KeysetPage<T>,
  toJson: (item: T) => Json,
): KeysetPageJson<Json> {
  return {next, previous, results: results.map(toJson)}
}

/** The same for a page that names its neighbours by cursors. */
export function cursorPageJson<T, Json>(
  {count, next, previous, results}: CursorPage<T>,
  toJson: (item: T) => Json,
  link: (cursor: string) => string,
): PageJson<Json> {
  return {
    count,
    next: next === null ? null : link(next),
    previous: previous === null ? null : link(previous),
    results: results.map(toJson),
  }
}
