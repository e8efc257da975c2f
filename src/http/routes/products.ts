import type {Router} from 'express'

import {pageJson, productJson} from '../../json.ts'
import {listProducts} from '../../services/catalogue.ts'
import type {AppContext} from '../app.ts'
import {authenticate} from '../authenticate.ts'
import {linkTo, readPage} from '../page-links.ts'
import {addResource} from '../resource.ts'

export function addProductRoutes(router: Router, {db, findTokenUser, currency}: AppContext): void {
  addResource(router, ['/products/list'], {
    name: 'Product List',
    enter: async (request) => authenticate(findTokenUser, request),
    methods: {
      async GET(request, response) {
        const page = await listProducts(db, {...readPage(request), currency})
        response.json(pageJson(page, productJson, linkTo(request)))
      },
    },
  })
}
