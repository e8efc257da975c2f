import test from 'ava'

import {describeRefusal, errorJson} from '../../../../src/cli/show/failures.ts'
import {OutOfStockError, UnknownProductError} from '../../../../src/errors.ts'

test('a hint is a line after the message, and a member of the JSON', (t) => {
  const error = new UnknownProductError(7)

  t.is(describeRefusal(error), 'There is no product 7.\nTo see product ids, run: shop list-products --all')
  t.deepEqual(errorJson(error), {
    error: {
      code: 'unknown_product',
      message: 'There is no product 7.',
      hint: 'To see product ids, run: shop list-products --all',
      product_id: 7,
    },
  })
})

test('shortages are lines after the message, and objects in the JSON', (t) => {
  const error = new OutOfStockError([{productId: 6, requested: 3, available: 2}])
  const {message} = error

  t.is(describeRefusal(error), `${message}\n  product 6: 3 requested, 2 available`)
  t.deepEqual(errorJson(error), {
    error: {code: 'out_of_stock', message, shortages: [{product_id: 6, requested: 3, available: 2}]},
  })
})
