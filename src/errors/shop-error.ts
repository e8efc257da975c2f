type ShopErrorOptions = ErrorOptions & {hint?: string | undefined}

/**
 * An expected failure, as opposed to a bug: something that the shop refuses or cannot do. Its message is written for
 * the person who asked. Commands print it and exit with 1; `src/http/problems/problems.ts` defines how HTTP answers it.
 */
export abstract class ShopError extends Error {
  abstract readonly code: string
  override readonly name = 'ShopError'
  /** What an operator at the terminal can do about it. HTTP clients never see it. */
  readonly hint: string | undefined
  constructor(message: string, {hint, ...options}: ShopErrorOptions = {}) {
    super(message, options)
    this.hint = hint
  }
}
