import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {maxLength} from '../../text.ts'

/** No longer text can match a name. */
export const maxSearchLength = maxLength.productName

/** What a search asks of a folded name. */
export type Search = {
  /** The words in the order in which they were given, case and accents folded. */
  text: string
  /** A LIKE pattern for each word. */
  patterns: string[]
}

/** Undefined for a blank text. */
export async function prepareSearch(db: Knex, text: string): Promise<Search | undefined> {
  if (text.trim() === '') return undefined
  const {folded} = onlyRow(await query<{folded: string}>(db, 'select fold_name(?) as folded', [text]))
  const words = folded.split(/\s+/).filter((word) => word !== '')
  return {text: words.join(' '), patterns: [...new Set(words)].map(wordPattern)}
}

/**
 * A word is a part of the name. One of one or two letters is the beginning of a word: it has a trigram with the space
 * before it alone, and without one the index does not help. Scripts that put no spaces between words are matched anywhere.
 */
function wordPattern(word: string): string {
  const isShort = /^[\p{L}\p{N}]{1,2}$/u.test(word) && !/[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u.test(word)
  return isShort ? `% ${word}%` : `%${escapeLike(word)}%`
}

/** Best first: the name itself, its beginning, the beginning of one of its words, anywhere. */
export function matchTier({text}: Search): {sql: string; bindings: string[]} {
  const escaped = escapeLike(text)
  return {
    sql: 'case when folded_name = ? then 0 when folded_name like ? then 1 when folded_name like ? then 2 else 3 end',
    bindings: [` ${text}`, ` ${escaped}%`, `% ${escaped}%`],
  }
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}
