import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {createShopClient, readAnswer} from '../../../../../client/index.ts'
import {markListings} from '../../../../../src/services/catalogue/marks.ts'
import {ProductCursorPage, ProductPage} from '../../../../helpers/cli-json/products.ts'
import {fillCatalogue} from '../../../../helpers/catalogue.ts'
import {startShop} from '../../../../helpers/http.ts'
import {runShop} from '../../../../helpers/run.ts'

const products = 10_030

/** More products than a search counts have a name with an e. */
async function fill(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    await fillCatalogue(trx, products)
    await trx.raw(`update products set name = 'Tea ' || id where id > 10`)
  })
}

async function startLargeShop(t: ExecutionContext): ReturnType<typeof startShop> {
  const shop = await startShop(t)
  await fill(shop.db)
  return shop
}

test('a search with more than 10,000 matches says so, over HTTP and at the terminal', async (t) => {
  const shop = await startLargeShop(t)
  const {api} = createShopClient({baseUrl: shop.origin})
  const list = async (query: {search?: string; page?: string; cursor?: string}) =>
    readAnswer(api.GET('/products/list/', {params: {query}}))
  const shopCommand = async (...args: string[]) =>
    runShop(['list-products', '--search', 'tea', ...args], {env: {DATABASE_URL: shop.url}})

  const first = await list({search: 'tea'})
  t.like(first, {count: 10_000, more_than_count: true, previous: null})
  t.is(first.results[0]?.name, 'Tea 11')
  const last = await list({search: 'tea', page: 'last'})
  t.like(last, {count: 10_000, more_than_count: true, next: null})
  t.is(last.results.length, 20)
  t.like(await list({search: 'tea', cursor: ''}), {count: 10_000, more_than_count: true})
  t.is((await api.GET('/products/list/', {params: {query: {search: 'tea', page: '501'}}})).response.status, 404)
  const {more_than_count: isMore, ...exact} = await list({search: 'organic'})
  t.is(isMore, undefined)
  t.true(exact.count > 0 && exact.count < 10)

  t.is((await shopCommand()).stderr, 'Page 1 of 500, more than 10,000 products. Next: --page 2\n')
  const walk = await shopCommand('--cursor', '')
  t.regex(walk.stderr, /^More than 10,000 products\. Next: --cursor \S+\n$/)
  t.true(ProductPage.parse(JSON.parse((await shopCommand('--json')).stdout)).more_than_count)
  const {stdout} = await shopCommand('--json', '--cursor', '')
  t.true(ProductCursorPage.parse(JSON.parse(stdout)).more_than_count)
})

test('numbered pages without a search have an exact count, and the same products before and after marks are made', async (t) => {
  const shop = await startLargeShop(t)
  const {api} = createShopClient({baseUrl: shop.origin})
  const list = async (page: string) => readAnswer(api.GET('/products/list/', {params: {query: {page}}}))
  const before = await list('250')
  t.deepEqual(Object.keys(before).sort(), ['count', 'next', 'previous', 'results'])
  t.is(before.count, products)

  let isMore = true
  while (isMore) isMore = await markListings(shop.db)
  t.true((await shop.db('listing_marks')).length > 0)

  t.deepEqual(await list('250'), before)
})
