import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {AmbiguousProductError, type NamedProduct, UnknownProductError, UnknownProductNameError} from '../../errors.ts'

/** How an operator names a product. */
export type ProductReference = {
  /** As it was given. */
  text: string
  /** Undefined if the text cannot be an id. */
  id: number | undefined
}

/**
 * The id of the product with that id, or else with that SKU, or else of the only one with that name. Case and accents matter only if several
 * names differ in nothing else. Throws UnknownProductError, UnknownProductNameError or AmbiguousProductError.
 */
export async function identifyProduct(db: Knex, {text, id}: ProductReference): Promise<number> {
  if (id !== undefined) {
    const product = await db<{id: number}>('products').where({id}).first('id')
    if (product) return id
  }
  const owner = await db<{id: number; sku: string}>('products').where({sku: text.trim()}).first('id')
  if (owner) return owner.id
  const [named, ...others] = await findNamed(db, text)
  if (named && others.length > 0) throw new AmbiguousProductError(text, [named, ...others])
  if (named) return named.id
  if (id !== undefined) throw new UnknownProductError(id)
  throw new UnknownProductNameError(text, await findClosest(db, text))
}

/** More than a message lists. */
const mostNamed = 20

/** The first products with that name, by id: with exactly that name, or else with one that differs in case and accents. */
export async function findNamed(db: Knex, text: string): Promise<NamedProduct[]> {
  const name = text.trim()
  const exact = await query<NamedProduct>(db, 'select id, name from products where name = ? order by id limit ?', [
    name,
    mostNamed,
  ])
  if (exact.length > 0) return exact
  return query<NamedProduct>(
    db,
    'select id, name from products where fold_name(name) = fold_name(?) order by id limit ?',
    [name, mostNamed],
  )
}

/** Comparing more names would take longer than a search. */
const mostCompared = 50_000

/** Up to three products whose names, or parts of them, look like the text. None in a shop with very many products. */
async function findClosest(db: Knex, text: string): Promise<NamedProduct[]> {
  return query<NamedProduct>(
    db,
    `select id, name
     from (
       select id, products.name,
              word_similarity(wanted.name, fold_name(products.name)) as part,
              similarity(wanted.name, fold_name(products.name)) as whole
       from products
       cross join (select fold_name(?) as name) as wanted
     ) as compared
     where greatest(part, whole) >= 0.4
       and (select count(*) from (select from products limit ?) as counted) <= ?
     order by greatest(part, whole) desc, whole desc, id
     limit 3`,
    [text, mostCompared + 1, mostCompared],
  )
}
