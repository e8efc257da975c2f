/** 13 to 19 digits that begin like those of a card: as one number, or in groups as cards show them. */
const candidates = /(?<!\d)(?:[2-6]\d{12,18}|[2-6]\d{3}(?:[ -]\d{4}){3}|3\d{3}[ -]\d{6}[ -]\d{4,5})(?!\d)/g

/** Whether a text contains what looks like a card number: its last digit checks the others. */
export function hasCardNumber(text: string): boolean {
  for (const [number] of text.matchAll(candidates)) {
    if (isLuhn(number.replaceAll(/\D/g, ''))) return true
  }
  return false
}

function isLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .reverse()
    .reduce((sum, digit, position) => {
      const value = Number(digit) * (position % 2 === 0 ? 1 : 2)
      return sum + (value > 9 ? value - 9 : value)
    }, 0)
  return sum % 10 === 0
}
