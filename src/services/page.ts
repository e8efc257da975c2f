import {InvalidPageError} from '../errors.ts'

/** Which page of a list: from 1, or the last one. */
export type PageRequest = {
  page: number | 'last'
  pageSize: number
}

export type Page<T> = {
  /** How many there are in all. */
  count: number
  page: number
  pageCount: number
  results: T[]
}

export const defaultPageSize = 20
export const maxPageSize = 100

/** An empty list has one page, the first. Throws InvalidPageError for a page that does not exist. */
export function locatePage({page, pageSize}: PageRequest, count: number): {page: number; pageCount: number} {
  const pageCount = Math.max(1, Math.ceil(count / pageSize))
  const number = page === 'last' ? pageCount : page
  if (!Number.isSafeInteger(number) || number < 1 || number > pageCount) throw new InvalidPageError(pageCount)
  return {page: number, pageCount}
}
