import type {Request} from 'express'

import type {Reader} from '../../../db/replicas/replicas.ts'
import {ProductPage} from '../../../json/schemas.ts'
import {cursorPageJson, moreJson, type MoreJson, pageJson, type PageJson} from '../../../json/page.ts'
import {productJson, type ProductJson} from '../../../json/product.ts'
import {walkProducts} from '../../../services/catalogue/walk.ts'
import {listProducts} from '../../../services/catalogue/list.ts'
import {authenticate} from '../../auth/authenticate.ts'
import {CatalogueQuery, readCatalogueQuery} from './catalogue-query.ts'
import type {Operation} from '../../openapi/operation.ts'
import {linkTo, linkToCursor, requestUrl} from '../page-links.ts'
import {defineResource} from '../../resource.ts'
import {createCoalescer, readKey} from '../../coalesce.ts'
import {sendTagged, tagJson} from '../../tagged-json.ts'
import {IfNoneMatch, notModified, taggedHeaders} from '../parameters.ts'

const listProductsOperation: Operation = {
  operationId: 'listProducts',
  tag: 'Products',
  summary: 'List the products that can be ordered',
  description:
    'Sorted by name, or by relevance in a search, unless `ordering` is given. In a search with more than 10,000 matches, ' +
    'relevance is simpler: matches at the beginning of a word come first, and among these the shorter names. If you use `cursor` instead of `page` ' +
    'and follow `next`, you get each product exactly once, even if products are sold or renamed in the meantime.',
  security: 'optional',
  parameters: {query: CatalogueQuery, header: IfNoneMatch},
  answers: {
    200: {
      description: 'A page of products.',
      body: ProductPage,
      headers: taggedHeaders,
      examples: {
        'two of 42': {
          count: 42,
          next: 'http://localhost:8000/products/list/?page=2&page_size=2',
          previous: null,
          results: [
            {id: 40, name: 'AA Batteries 8 pack', quantity_in_stock: 20, price: '5.49', currency: 'USD'},
            {id: 14, name: 'Almond Butter', quantity_in_stock: 81, price: '6.90', currency: 'USD'},
          ],
        },
      },
    },
    304: notModified,
  },
  problems: ['invalid_cursor', 'invalid_page'],
}

export const productList = defineResource({
  path: '/products/list/',
  name: 'Product List',
  operations: {GET: listProductsOperation},
  handle({readCatalogue, findReader, currency: defaultCurrency}) {
    const coalesce = createCoalescer()

    async function list(request: Request, reader: Reader): Promise<MoreJson & PageJson<ProductJson>> {
      const query = readCatalogueQuery(request)
      if ('cursor' in query) {
        const page = await readCatalogue(reader, async (db) => walkProducts(db, {...query, defaultCurrency}))
        return {...cursorPageJson(page, productJson, linkToCursor(request)), ...moreJson(page)}
      }
      const wanted = {...query, currency: query.currency ?? defaultCurrency}
      const page = await readCatalogue(reader, async (db) => listProducts(db, wanted))
      return {...pageJson(page, productJson, linkTo(request)), ...moreJson(page)}
    }

    return {
      enter: async (request) => authenticate(findReader, request),
      methods: {
        async GET(request, response, reader) {
          // The key is the whole address, because the links depend on it.
          const answer = await coalesce(`${readKey(reader)} ${requestUrl(request).href}`, async () =>
            tagJson(await list(request, reader)),
          )
          sendTagged(request, response, answer)
        },
      },
    }
  },
})
