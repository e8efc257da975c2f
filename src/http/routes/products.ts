import type {Request, Router} from 'express'

import {UnknownProductError} from '../../errors.ts'
import {cursorPageJson, pageJson, type PageJson, productJson, type ProductJson} from '../../json.ts'
import {walkProducts} from '../../services/catalogue/walk.ts'
import {findProduct, listProducts} from '../../services/catalogue.ts'
import type {AppContext} from '../app.ts'
import {authenticate} from '../authenticate.ts'
import {readCatalogueQuery, readCurrency} from '../catalogue-query.ts'
import {address, linkTo, linkToCursor} from '../page-links.ts'
import {addResource} from '../resource.ts'
import {createShare} from '../share.ts'
import {sendTagged, tagJson} from '../tagged-json.ts'

export function addProductRoutes(router: Router, {db, findTokenUser, currency: defaultCurrency}: AppContext): void {
  const share = createShare()
  const enter = async (request: Request) => authenticate(findTokenUser, request)

  async function list(request: Request): Promise<PageJson<ProductJson>> {
    const query = readCatalogueQuery(request)
    if ('cursor' in query) {
      const page = await walkProducts(db, {...query, defaultCurrency})
      return cursorPageJson(page, productJson, linkToCursor(request))
    }
    const page = await listProducts(db, {...query, currency: query.currency ?? defaultCurrency})
    return pageJson(page, productJson, linkTo(request))
  }

  addResource(router, ['/products/list'], {
    name: 'Product List',
    enter,
    methods: {
      async GET(request, response) {
        // The links depend on the whole address.
        const answer = await share(address(request).href, async () => tagJson(await list(request)))
        sendTagged(request, response, answer)
      },
    },
  })

  addResource(router, [/^\/products\/(?<id>\d+)\/?$/], {
    name: 'Product Detail',
    enter,
    methods: {
      async GET(request, response) {
        const currency = readCurrency(request) ?? defaultCurrency
        const id = Number(request.params.id)
        if (!Number.isSafeInteger(id)) throw new UnknownProductError(id)
        const answer = await share(`${id} ${currency}`, async () =>
          tagJson(productJson(await findProduct(db, {id, currency}))),
        )
        sendTagged(request, response, answer)
      },
    },
  })
}
