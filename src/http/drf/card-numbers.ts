/** 13 to 19 digits that begin like those of a card: as one number, or in groups as cards show them. */
const candidates = /(?<!\d)(?:[2-6]\d{12,18}|[2-6]\d{3}(?:[ -]\d{4}){3}|3\d{3}[ -]\d{6}[ -]\d{4,5})(?!\d)/g

const zero = 0x30

/** Whether a text contains what looks like a card number: its last digit checks the others. Takes linear time. */
export function hasCardNumber(text: string): boolean {
  for (const [number] of text.matchAll(candidates)) if (isLuhn(number)) return true
  return false
}

/** Ignores what is between the digits. */
function isLuhn(number: string): boolean {
  let sum = 0
  let isDoubled = false
  for (let index = number.length - 1; index >= 0; index--) {
    const digit = number.charCodeAt(index) - zero
    if (digit < 0) continue
    const value = isDoubled ? 2 * digit : digit
    sum += value > 9 ? value - 9 : value
    isDoubled = !isDoubled
  }
  return sum % 10 === 0
}
