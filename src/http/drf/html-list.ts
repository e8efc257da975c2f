/**
 * Reads a list from the fields of a form as Django REST Framework's parse_html_list does: `items[0]product_id=6` is a
 * key of the first item, `items[0]=x` the first item itself. Returns undefined if no field belongs to the list.
 */
export function parseHtmlList(fields: URLSearchParams, name: string): unknown[] | undefined {
  const items = new Map<number, unknown>()
  for (const [field, value] of fields) {
    const match = field.startsWith(`${name}[`) ? /^\[(\d+)\](.*)$/s.exec(field.slice(name.length)) : null
    if (!match) continue
    const [, position = '', key = ''] = match
    const item = items.get(Number(position))
    if (key === '') items.set(Number(position), value)
    else items.set(Number(position), {...(isFields(item) && item), [key]: value})
  }
  if (items.size === 0) return undefined
  return [...items].sort(([a], [b]) => a - b).map(([, item]) => item)
}

function isFields(item: unknown): item is Record<string, unknown> {
  return typeof item === 'object' && item !== null
}
