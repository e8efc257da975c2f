import type {CursorPage} from '../../services/catalogue/walk.ts'
import type {KeysetPage} from '../../services/keyset-page.ts'
import type {Page} from '../../services/page.ts'

type Query = Record<string, string | number | undefined>

/** Links like those of the HTTP API, but without an origin. The first page needs no number. */
export function linkTo(path: string, query: Query): (page: number) => string {
  return (page) => {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries({page: page > 1 ? page : undefined, ...query})) {
      if (value !== undefined) search.set(name, String(value))
    }
    return search.size > 0 ? `${path}?${search.toString()}` : path
  }
}

/** `Page 1 of 3, 47 products. Next: --page 2`, or `No products.` */
export function describePage({page, pageCount, count}: Page<unknown>, noun: string): string {
  if (count === 0) return `No ${noun}s.`
  const next = page < pageCount ? ` Next: --page ${page + 1}` : ''
  return `Page ${page} of ${pageCount}, ${countOf(count, noun)}.${next}`
}

/** `47 products. Next: --cursor CURSOR` */
export function describeCursorPage({count, next}: CursorPage<unknown>, noun: string): string {
  return `${countOf(count, noun)}.${next === null ? '' : ` Next: --cursor ${next}`}`
}

/** `20 orders. Next: --cursor CURSOR`, without a count of those that are not shown, or `No orders.` */
export function describeKeysetPage({results, next, previous}: KeysetPage<unknown>, noun: string): string {
  const others = [
    ...(next === null ? [] : [`Next: --cursor ${next}`]),
    ...(previous === null ? [] : [`Previous: --cursor ${previous}`]),
  ]
  return [results.length === 0 ? `No ${noun}s.` : `${countOf(results.length, noun)}.`, ...others].join('\n')
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
