import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import {InvalidProductError, UnknownProductError} from '../../errors.ts'

/** How an operator names a product. */
export type ProductReference = {
  /** As it was given. */
  text: string
  /** Undefined if the text cannot be an id. */
  id: number | undefined
}

/** The id of the product with that id, or else of the only one with that name. Throws UnknownProductError or InvalidProductError. */
export async function identifyProduct(db: Knex, {text, id}: ProductReference): Promise<number> {
  const named = await query<{id: number}>(
    db,
    'select id from products where id = ? union all (select id from products where name = ? order by id limit 2)',
    [id ?? null, text.trim()],
  )
  const [found] = named
  if (found && (found.id === id || named.length === 1)) return found.id
  if (id !== undefined) throw new UnknownProductError(id)
  throw new InvalidProductError(
    found ? `Several products are called "${text}". Use the id of one of them.` : `There is no product "${text}".`,
  )
}
