/** The number from 1 that decimal digits name; undefined for anything else, and for what a number would round. */
export function parseWholeNumber(text: string): number | undefined {
  const number = /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}
