import {ShopError} from './shop-error.ts'

/** No clean audit has been recorded from which another one could go on. */
export class NoAuditPointError extends ShopError {
  readonly code = 'no_audit_point'
  /** `earliest` is the time of the earliest that is recorded. */
  constructor(earliest: string | null) {
    super(
      earliest === null
        ? 'No clean audit of this shop is recorded yet.'
        : `No clean audit is recorded at that time or before. The earliest is of ${earliest}.`,
      {hint: 'For a full audit, run: shop audit'},
    )
  }
}
