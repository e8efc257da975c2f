const longest = 200

/**
 * A path below which the shop is found, such as `/shop`, without a slash at its end; '' for `/`. Undefined if the text is
 * not one: in a link, `//evil.example` would be another host.
 */
export function parseBasePath(text: string): string | undefined {
  const path = text.replace(/\/$/, '')
  if (path.length > longest || !/^(?:\/[\w.~-]+)*$/.test(path)) return undefined
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : path
}
