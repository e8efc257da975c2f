import type {Knex} from 'knex'

import {searchProducts} from '../../services/products/find-products.ts'
import {printable} from '../show/format.ts'
import {askSearch} from './prompts.ts'

/** About as many as a person reads. Typing more narrows the list down. */
const maxChoices = 20

/** Asks for any product, including sold-out and disabled ones, and returns its id. */
export async function searchProduct(db: Knex): Promise<number> {
  return askSearch('Which product? Type an id, or part of a name or SKU', async (text) => {
    const products = await searchProducts(db, {text, limit: maxChoices})
    return products.map(({id, name, onHand}) => ({
      name: `${id}: ${printable(name)}, ${onHand} on hand`,
      short: printable(name),
      value: id,
    }))
  })
}
