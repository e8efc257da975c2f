import test, {type ExecutionContext} from 'ava'

import {parseBasePath} from '../../../../src/base-path.ts'
import {addCaller, type ShopOptions, startShop} from '../../../helpers/http.ts'
import {addProduct} from '../../../helpers/shop.ts'

test('a base path has no slash at its end, and nothing that a link could take for something else', (t) => {
  t.is(parseBasePath('/'), '')
  t.is(parseBasePath(''), '')
  t.is(parseBasePath('/shop/'), '/shop')
  t.is(parseBasePath('/a/b-c_d.e~f'), '/a/b-c_d.e~f')
  const wrong = [
    'shop',
    '//',
    '//evil',
    '/a//b',
    '/a/../b',
    '/.',
    '/a?b',
    '/a#b',
    '/a b',
    '/<b>',
    '/\\evil',
    '/%2e',
    '/a,/b',
  ]
  for (const path of [...wrong, '/a\r\nX: y', `/${'x'.repeat(200)}`, 'https://evil/']) {
    t.is(parseBasePath(path), undefined, `${path} is not one`)
  }
})

test('below SHOP_BASE_PATH, links have the path whether the proxy passes it on or not', async (t) => {
  const {shop, next} = await setUp(t, {basePath: '/shop'})

  t.is(await next('/products/list/'), `${shop.origin}/shop/products/list/?page=2`)
  t.is(await next('/shop/products/list/'), `${shop.origin}/shop/products/list/?page=2`)
  t.is(await next('/shop/products/list/?page_size=1'), `${shop.origin}/shop/products/list/?page=2&page_size=1`)
})

test('X-Forwarded-Prefix of a trusted proxy is part of links, and goes before SHOP_BASE_PATH', async (t) => {
  const {shop, next} = await setUp(t, {basePath: '/shop'})
  const {shop: distrusting, next: nextOf} = await setUp(t, {basePath: '/shop', trustProxy: '10.0.0.1'})

  t.is(await next('/products/list/', '/other/'), `${shop.origin}/other/products/list/?page=2`)
  t.is(await next('/products/list/', '/'), `${shop.origin}/products/list/?page=2`)
  t.is(await nextOf('/products/list/', '/other'), `${distrusting.origin}/shop/products/list/?page=2`)
})

for (const prefix of [
  '//evil.example',
  'evil',
  '/a, /b',
  '/a/../..',
  '/"><b>',
  '/a?',
  'https://evil.example',
  '/\\evil.example',
]) {
  test(`X-Forwarded-Prefix "${prefix}" is ignored`, async (t) => {
    const {shop, next} = await setUp(t)
    t.is(await next('/products/list/', prefix), `${shop.origin}/products/list/?page=2`)
    const {headers} = await fetch(`${shop.origin}/docs`, {redirect: 'manual', headers: {'x-forwarded-prefix': prefix}})
    t.is(headers.get('location'), 'docs/')
  })
}

test('redirects, successors and the description are below the path', async (t) => {
  const {shop} = await setUp(t, {basePath: '/shop'})
  const html = {accept: 'text/html'}
  const location = async (path: string, headers = {}) =>
    (await fetch(shop.origin + path, {redirect: 'manual', headers: {...html, ...headers}})).headers.get('location')

  for (const path of ['/', '/docs', '/shop', '/shop/', '/shop/docs'])
    t.is(await location(path), '/shop/docs/', `from ${path}`)
  t.is(await location('/docs', {'x-forwarded-prefix': '/a/b'}), '/a/b/docs/')
  t.is((await fetch(`${shop.origin}/shop/docs/`)).status, 200)

  const {headers: caller} = await addCaller(shop)
  const {headers} = await shop.send('GET', '/order/history/', {headers: caller})
  t.is(headers.get('link'), '</shop/orders/history/>; rel="successor-version"')

  const servers = async (headers = {}) => {
    const answer = await shop.send('GET', '/openapi.json', {headers})
    return {servers: answer.body.servers as unknown, tag: answer.headers.get('etag')}
  }
  const [own, other, again] = [await servers(), await servers({'x-forwarded-prefix': '/a'}), await servers()]
  t.deepEqual(own.servers, [{url: '/shop'}])
  t.deepEqual(other.servers, [{url: '/a'}])
  t.not(own.tag, other.tag)
  t.deepEqual(again, own)
})

test('a path that only begins like SHOP_BASE_PATH is not below it', async (t) => {
  const {shop} = await setUp(t, {basePath: '/shop'})
  for (const path of ['/shopping/list/', '/shop//evil.example/', '/shop/shop/products/list/', '/Shop/products/list/']) {
    t.is((await fetch(shop.origin + path)).status, 404, `${path} is not below it`)
  }
})

async function setUp(t: ExecutionContext, options: ShopOptions = {}) {
  const shop = await startShop(t, options)
  for (let count = 0; count < 21; count++) await addProduct(shop.db)
  const next = async (path: string, prefix?: string) => {
    const headers = prefix === undefined ? {} : {'x-forwarded-prefix': prefix}
    const answer = await fetch(shop.origin + path, {headers})
    return ((await answer.json()) as {next: string}).next
  }
  return {shop, next}
}
