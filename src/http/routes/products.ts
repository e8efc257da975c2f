import type {Router} from 'express'

import {pageJson, productJson} from '../../json.ts'
import {listProducts} from '../../services/catalogue.ts'
import type {AppContext} from '../app.ts'
import {authenticate} from '../authenticate.ts'
import {linkTo, readPage} from '../page-links.ts'
import {addResource} from '../resource.ts'
import {createShare} from '../share.ts'

export function addProductRoutes(router: Router, {db, findTokenUser, currency}: AppContext): void {
  const share = createShare()

  addResource(router, ['/products/list'], {
    name: 'Product List',
    enter: async (request) => authenticate(findTokenUser, request),
    methods: {
      async GET(request, response) {
        const {page: number, pageSize} = readPage(request)
        const page = await share(String(number), async () => listProducts(db, {page: number, pageSize, currency}))
        response.json(pageJson(page, productJson, linkTo(request)))
      },
    },
  })
}
