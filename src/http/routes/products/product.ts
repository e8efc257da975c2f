import {UnknownProductError} from '../../../errors.ts'
import {Product} from '../../../json/schemas.ts'
import {productJson, type ProductJson} from '../../../json/product.ts'
import {findProduct} from '../../../services/catalogue/list.ts'
import {authenticate} from '../../auth/authenticate.ts'
import {CurrencyQuery, readCurrency} from './catalogue-query.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {createCoalescer, readKey} from '../../coalesce.ts'
import {sendTagged, tagJson} from '../../tagged-json.ts'
import {IdPath, IfNoneMatch, notModified, readId, taggedHeaders} from '../parameters.ts'

const exampleProduct: ProductJson = {
  id: 6,
  name: 'Sourdough Bread',
  quantity_in_stock: 500,
  price: '4.25',
  currency: 'USD',
}

const getProduct: Operation = {
  operationId: 'getProduct',
  tag: 'Products',
  summary: 'Get a product',
  description: 'Returns the product in the same format as the product list.',
  security: 'optional',
  parameters: {path: IdPath, query: CurrencyQuery, header: IfNoneMatch},
  answers: {
    200: {description: 'The product.', body: Product, headers: taggedHeaders, examples: {sourdough: exampleProduct}},
    304: notModified,
  },
  problems: ['unknown_product'],
}

export const product = defineResource({
  path: '/products/{id}/',
  name: 'Product Detail',
  operations: {GET: getProduct},
  handle({readCatalogue, findReader, currency: defaultCurrency}) {
    const coalesce = createCoalescer()
    return {
      enter: async (request) => authenticate(findReader, request),
      methods: {
        async GET(request, response, reader) {
          const currency = readCurrency(request) ?? defaultCurrency
          const id = readId(request)
          if (id === undefined) throw new UnknownProductError(Number(request.params.id))
          const answer = await coalesce(`${readKey(reader)} ${id} ${currency}`, async () =>
            tagJson(productJson(await readCatalogue(reader, async (db) => findProduct(db, {id, currency})))),
          )
          sendTagged(request, response, answer)
        },
      },
    }
  },
})
