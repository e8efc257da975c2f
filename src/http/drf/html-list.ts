type Item = Record<string, string>

/**
 * Reads a list from the fields of a form as Django REST Framework's parse_html_list does: `items[0]product_id=6` is a
 * key of the first item, `items[0]=x` the first item itself. Only `keys` are copied. Returns undefined if no field
 * belongs to the list.
 */
export function parseHtmlList(fields: URLSearchParams, name: string, keys: readonly string[]): unknown[] | undefined {
  // By position, which may have any number of digits.
  const items = new Map<string, Item | string>()
  for (const [field, value] of fields) {
    const match = field.startsWith(`${name}[`) ? /^\[(\d+)\](.*)$/s.exec(field.slice(name.length)) : null
    if (!match) continue
    const [, digits = '', key = ''] = match
    const position = digits.replace(/^0+(?=\d)/, '')
    if (key === '') {
      items.set(position, value)
      continue
    }
    const known = items.get(position)
    const item = typeof known === 'object' ? known : (Object.create(null) as Item)
    if (keys.includes(key)) item[key] = value
    items.set(position, item)
  }
  if (items.size === 0) return undefined
  return [...items].sort(([one], [other]) => comparePositions(one, other)).map(([, item]) => item)
}

/** Without leading zeros, the number with more digits is larger. */
function comparePositions(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length
  return one < other ? -1 : 1
}
