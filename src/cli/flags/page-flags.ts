import {Errors, Flags} from '@oclif/core'

import {defaultPageSize, maxPageSize, type PageRequest} from '../../services/page.ts'
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

export const pageFlags = {
  page: pageNumber({summary: 'page number, or "last"', helpValue: 'N|last', default: 1}),
  'page-size': integerFlag({
    summary: `results per page, at most ${maxPageSize}`,
    default: defaultPageSize,
    min: 1,
    max: maxPageSize,
  }),
}

type PageFlags = {page: number | 'last'; 'page-size': number}

export function pageRequest(flags: PageFlags): PageRequest {
  return {page: flags.page, pageSize: flags['page-size']}
}

/** The page size as a query parameter of a link, unless it is the default. */
export function pageSizeQuery(flags: PageFlags): {page_size?: number} {
  return flags['page-size'] === defaultPageSize ? {} : {page_size: flags['page-size']}
}
