import type {CursorPage} from '../../services/catalogue/walk.ts'
import type {KeysetPage} from '../../services/keyset-page.ts'
import type {Page} from '../../services/page.ts'
import {countOf} from '../../text.ts'

/** A list that was counted up to a bound has more than `count`. */
type Counted = {count: number; isMore?: boolean}

/** `Page 1 of 3, 47 products. Next: --page 2`, or `No products.` */
export function describePage({page, pageCount, ...counted}: Counted & Page<unknown>, noun: string): string {
  if (counted.count === 0) return `No ${noun}s.`
  const next = page < pageCount ? ` Next: --page ${page + 1}` : ''
  return `Page ${page} of ${pageCount}, ${describeCount(counted, noun)}.${next}`
}

/** `47 products. Next: --cursor CURSOR`, or `More than 10,000 products.` */
export function describeCursorPage({next, ...counted}: Counted & CursorPage<unknown>, noun: string): string {
  const count = describeCount(counted, noun)
  return `${count.charAt(0).toUpperCase()}${count.slice(1)}.${next === null ? '' : ` Next: --cursor ${next}`}`
}

/** `20 orders on this page. Next: --cursor CURSOR`, without a count of the others; `4 orders.` if there are none; or `No orders.` */
export function describeKeysetPage({results, next, previous}: KeysetPage<unknown>, noun: string): string {
  const others = [
    ...(next === null ? [] : [`Next: --cursor ${next}`]),
    ...(previous === null ? [] : [`Previous: --cursor ${previous}`]),
  ]
  const place = others.length === 0 ? '' : ' on this page'
  return [results.length === 0 ? `No ${noun}s.` : `${countOf(results.length, noun)}${place}.`, ...others].join('\n')
}

function describeCount({count, isMore = false}: Counted, noun: string): string {
  return isMore ? `more than ${count.toLocaleString('en')} ${noun}s` : countOf(count, noun)
}
