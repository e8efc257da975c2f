import {Errors, Flags} from '@oclif/core'

import {defaultPageSize, maxPageSize, type PageRequest} from '../../services/page.ts'
import type {KeysetRequest} from '../../services/keyset-page.ts'
import {integerFlag, parseWholeNumber} from './number-flags.ts'

const pageNumber = Flags.custom<number | 'last'>({
  async parse(input) {
    const page = input === 'last' ? input : parseWholeNumber(input)
    if (page === undefined) {
      throw new Errors.CLIError(`"${input}" is not a valid page. Use a positive whole number or "last".`)
    }
    return Promise.resolve(page)
  },
})

const pageSize = integerFlag({
  summary: `results per page, at most ${maxPageSize}`,
  default: defaultPageSize,
  min: 1,
  max: maxPageSize,
})

export const pageFlags = {
  page: pageNumber({summary: 'page number, or "last"', helpValue: 'N|last', default: 1}),
  'page-size': pageSize,
}

/** Of lists that grow while they are read. */
export const keysetFlags = {
  cursor: Flags.string({
    summary: 'page that an earlier one named, with the same filters',
    helpValue: 'CURSOR',
  }),
  'page-size': pageSize,
}

export function keysetRequest(flags: {cursor: string | undefined; 'page-size': number}): KeysetRequest {
  return {cursor: flags.cursor, pageSize: flags['page-size']}
}

type PageFlags = {page: number | 'last'; 'page-size': number}

export function pageRequest(flags: PageFlags): PageRequest {
  return {page: flags.page, pageSize: flags['page-size']}
}

/** The page size as a query parameter of a link, unless it is the default. */
export function pageSizeQuery(flags: PageFlags): {page_size?: number} {
  return flags['page-size'] === defaultPageSize ? {} : {page_size: flags['page-size']}
}
