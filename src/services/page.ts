import {InvalidPageError} from '../errors.ts'

/** A page of a list, by its number from 1, or the last page. */
export type PageRequest = {
  page: number | 'last'
  pageSize: number
}

export type Page<T> = {
  /** The number of items on all pages. */
  count: number
  page: number
  pageCount: number
  results: T[]
}

export const defaultPageSize = 20
export const maxPageSize = 100

/** An empty list has one page. Throws InvalidPageError if the page does not exist. */
export function locatePage({page, pageSize}: PageRequest, count: number): {page: number; pageCount: number} {
  const pageCount = Math.max(1, Math.ceil(count / pageSize))
  const number = page === 'last' ? pageCount : page
  if (!Number.isSafeInteger(number) || number < 1 || number > pageCount) throw new InvalidPageError(pageCount)
  return {page: number, pageCount}
}
