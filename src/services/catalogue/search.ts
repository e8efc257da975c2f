import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import type {Sql} from '../../db/sql.ts'
import {maxLength} from '../../text.ts'

/** A longer text cannot match a name. */
export const maxSearchLength = maxLength.productName

/** A search in the folded names. */
export type Search = {
  /** The words in their original order, with case and accents folded. */
  text: string
  /** A LIKE pattern for each word. */
  patterns: string[]
}

/** Returns undefined for a blank text. */
export async function prepareSearch(db: Knex, text: string): Promise<Search | undefined> {
  if (text.trim() === '') return undefined
  const {folded} = onlyRow(await query<{folded: string}>(db, 'select fold_name(?) as folded', [text]))
  const words = folded.split(/\s+/).filter((word) => word !== '')
  return {text: words.join(' '), patterns: [...new Set(words)].map(wordPattern)}
}

/**
 * A word matches anywhere in the name, but one or two letters match only at the beginning of a word: with the space before
 * them they have a trigram, and without a trigram the index does not help. In scripts without spaces between words, short
 * words match anywhere, too.
 */
function wordPattern(word: string): string {
  const isShort = /^[\p{L}\p{N}]{1,2}$/u.test(word) && !/[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u.test(word)
  return isShort ? `% ${word}%` : `%${escapeLike(word)}%`
}

/** Ranks matches, best first: the whole name, its beginning, the beginning of one of its words, anywhere else. */
export function matchTier({text}: Search): Sql {
  const escaped = escapeLike(text)
  return {
    sql: 'case when folded_name = ? then 0 when folded_name like ? then 1 when folded_name like ? then 2 else 3 end',
    bindings: [` ${text}`, ` ${escaped}%`, `% ${escaped}%`],
  }
}

/** Listings that match a broad search equally well. */
export type Tier = {
  tier: number
  /** Their folded names have at least as many bytes, which the index of lengths can use. */
  shortest: number
  like: string
  patterns: string[]
}

/**
 * The tiers of a search that very many listings match, best first: the beginning of a word, then anywhere else. Short words match
 * only the beginnings, and several words have one tier.
 */
export function broadTiers({text, patterns}: Search): Tier[] {
  const words = text.split(' ')
  const shortest = 1 + Math.max(...words.map((word) => Buffer.byteLength(word)))
  const like = patterns.map(() => 'folded_name like ?').join(' and ') || 'true'
  const beginning = `% ${escapeLike(text)}%`
  if (words.length > 1 || patterns.includes(beginning)) return [{tier: 2, shortest, like, patterns}]
  return [
    {tier: 2, shortest, like: 'folded_name like ?', patterns: [beginning]},
    {tier: 3, shortest, like: `${like} and folded_name not like ?`, patterns: [...patterns, beginning]},
  ]
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}
