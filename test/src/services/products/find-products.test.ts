import test from 'ava'

import {searchProducts} from '../../../../src/services/products/find-products.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {addProduct} from '../../../helpers/shop.ts'

test('finds products by a part of the name in any case or by id, including sold-out and disabled ones', async (t) => {
  const {db} = await createDatabase(t)
  await addProduct(db, {id: 7, name: 'Rice 100 %', stock: 3})
  await addProduct(db, {id: 8, name: 'Tea', stock: 0, enabled: false})
  const find = async (text: string) => (await searchProducts(db, {text, limit: 20})).map(({id}) => id)

  t.deepEqual(await find(''), [7, 8])
  t.deepEqual(await find('tE'), [8])
  t.deepEqual(await find('%'), [7])
  t.deepEqual(await find('8'), [8])
  t.deepEqual(await searchProducts(db, {text: 'rice', limit: 1}), [{id: 7, name: 'Rice 100 %', onHand: 3}])
})
