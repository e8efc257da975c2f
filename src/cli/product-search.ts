import type {Knex} from 'knex'

import {searchProducts} from '../services/products/search.ts'
import {printable} from './show/format.ts'
import {askSearch} from './prompts.ts'

/** As many as a person reads; typing more finds the others. */
const shown = 20

/** Asks for a product, sold out and disabled ones too. Returns its id. */
export async function searchProduct(db: Knex): Promise<number> {
  return askSearch('Which product? Type its id or a part of its name', async (text) => {
    const products = await searchProducts(db, {text, limit: shown})
    return products.map(({id, name, onHand}) => ({
      name: `${id}: ${printable(name)}, ${onHand} on hand`,
      short: printable(name),
      value: id,
    }))
  })
}
