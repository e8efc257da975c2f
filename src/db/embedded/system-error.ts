/** Whether this is an error of the operating system or of Node's module loader, with one of these codes if any are given. */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false
  return codes.length === 0 || codes.includes(error.code)
}
