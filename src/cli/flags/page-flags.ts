import {Errors, Flags} from '@oclif/core'

import {defaultPageSize, maxPageSize, type Page, type PageRequest} from '../../services/page.ts'
import type {CursorPage} from '../../services/catalogue/walk.ts'
import {parseWholeNumber} from './whole-number.ts'

const pageNumber = Flags.custom<number | 'last'>({
  async parse(input) {
    const page = input === 'last' ? input : parseWholeNumber(input)
    if (page === undefined) throw new Errors.CLIError(`"${input}" is no page. Give a whole number from 1, or last.`)
    return Promise.resolve(page)
  },
})

export const pageFlags = {
  page: pageNumber({summary: 'which page, from 1, or last', helpValue: 'N|last', default: 1}),
  'page-size': Flags.integer({
    summary: `how many on a page, at most ${maxPageSize}`,
    helpValue: 'N',
    default: defaultPageSize,
    min: 1,
    max: maxPageSize,
  }),
}

type PageFlags = {page: number | 'last'; 'page-size': number}

export function pageRequest(flags: PageFlags): PageRequest {
  return {page: flags.page, pageSize: flags['page-size']}
}

/** Links as HTTP gives them, relative to wherever the shop is served, with what is not the default in the query. */
export function linkTo(path: string, query: Record<string, string | number | undefined>): (page: number) => string {
  return (page) => {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries({page: page > 1 ? page : undefined, ...query})) {
      if (value !== undefined) search.set(name, String(value))
    }
    return search.size > 0 ? `${path}?${search.toString()}` : path
  }
}

/** The same for a page that a cursor names. */
export function linkToCursor(
  path: string,
  query: Record<string, string | number | undefined>,
): (cursor: string) => string {
  return (cursor) => linkTo(path, {...query, cursor})(1)
}

/** Of the query that names the page of these flags again. */
export function pageSizeQuery(flags: PageFlags): {page_size?: number} {
  return flags['page-size'] === defaultPageSize ? {} : {page_size: flags['page-size']}
}

/** `47 products. Next: --cursor CURSOR` */
export function describeCursorPage({count, next}: CursorPage<unknown>, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}.${next === null ? '' : ` Next: --cursor ${next}`}`
}

/** `Page 1 of 3, 47 products. Next: --page 2`, or `No products.` */
export function describePage({page, pageCount, count}: Page<unknown>, noun: string): string {
  if (count === 0) return `No ${noun}s.`
  const next = page < pageCount ? ` Next: --page ${page + 1}` : ''
  return `Page ${page} of ${pageCount}, ${count} ${noun}${count === 1 ? '' : 's'}.${next}`
}
