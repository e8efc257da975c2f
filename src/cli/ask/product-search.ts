import type {Knex} from 'knex'

import {searchProducts} from '../../services/products/find-products.ts'
import {identifyProduct, type ProductReference} from '../../services/products/identify-product.ts'
import {printable} from '../show/format.ts'
import {askSearch} from './prompts.ts'

/** About as many as a person reads. Typing more narrows the list down. */
const maxChoices = 20

/** The id of the product that was given. If none was, asks for any one, including sold-out and disabled products. */
export async function chooseProduct(db: Knex, given: ProductReference | undefined): Promise<number> {
  if (given) return identifyProduct(db, given)
  return askSearch('Which product? Type an id, or part of a name or SKU', async (text) => {
    const products = await searchProducts(db, {text, limit: maxChoices})
    return products.map(({id, name, onHand}) => ({
      name: `${id}: ${printable(name)}, ${onHand} on hand`,
      short: printable(name),
      value: id,
    }))
  })
}
