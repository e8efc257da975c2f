import {ShopError} from './shop-error.ts'

export class InvalidPageError extends ShopError {
  readonly code = 'invalid_page'
  /** How many pages the list has, if they were counted. */
  readonly pageCount: number | undefined
  constructor(pageCount?: number) {
    super('Invalid page.')
    this.pageCount = pageCount
  }
}

/** The shop did not issue the cursor, or issued it for another list. */
export class InvalidCursorError extends ShopError {
  readonly code = 'invalid_cursor'
  constructor(message = 'This cursor is not valid. Start with an empty one.') {
    super(message)
  }
}

/** A report of days or hours has a row for each, and they would fill the memory. */
export class LongReportError extends ShopError {
  readonly code = 'long_report'
  constructor(rows: number, most: number) {
    super(`The report would have ${rows} rows, and the most is ${most}.`, {
      hint: 'Give --from and --to for a shorter time, or report by day.',
    })
  }
}
