import {once} from 'node:events'
import {createServer, request as httpRequest} from 'node:http'
import type {AddressInfo} from 'node:net'

import bcrypt from 'bcryptjs'
import test, {type ExecutionContext} from 'ava'
import type {Browser, Page} from 'puppeteer-core'

import {loadDemo} from '../../../../src/services/transfer/demo/demo.ts'
import {chromiumBinary, type OpenPage, openPage, startBrowser, takeScreenshot} from '../../../helpers/browser.ts'
import {type Answer, startShop} from '../../../helpers/http.ts'
import {startPayingShop} from '../../../helpers/paid-shop.ts'
import {nginxBinary, startNginx} from '../../../helpers/nginx.ts'

// One after another in one browser, because each test needs a whole core.
const withBrowser = chromiumBinary === undefined ? test.skip : test.serial

if (chromiumBinary === undefined)
  process.stderr.write(
    'SKIPPED: test/src/http/docs/docs-page-in-browser.long.test.ts needs Chromium, which is not installed: apt-get install chromium.\n',
  )

let browser: Browser

test.before(async () => {
  if (chromiumBinary !== undefined) browser = await startBrowser()
})

test.after.always(async () => {
  if (chromiumBinary !== undefined) await browser.close()
})

const demoToken = '3aa905c8b99b518e889df6fc02ec80dca142054e'

const walk = test.macro<[number]>({
  async exec(t, width) {
    const {page, faults, hosts, origin} = await setUp(t, width)

    await page.goto(`${origin}/`)
    await page.waitForSelector(cancelOrder)
    t.is(page.url(), `${origin}/docs/`)
    await takeScreenshot(page, `docs-page-${width}`)

    t.like(await execute(page, 'Authentication-logIn'), {status: 200})
    const products = await execute(page, 'Products-listProducts')
    const filled = await execute(page, 'Basket-addBasketItems')
    await takeScreenshot(page, `docs-page-${width}-basket`)
    const ordered = await execute(page, 'Basket-checkOutBasket')
    const placed = await execute(page, 'Orders-createOrder')
    const history = await execute(page, 'Orders-listOrders')
    await takeScreenshot(page, `docs-page-${width}-history`)

    t.is(products.status, 200)
    t.is(products.body.results.length, 20)
    t.like(filled, {status: 200, body: {can_checkout: true, items: [{held: 2}]}})
    t.like(ordered, {status: 201, body: {total_price: '8.50'}})
    t.is(placed.status, 201)
    t.like(history, {status: 200, body: {count: 2, results: [{id: placed.body.order_id}, {id: ordered.body.order_id}]}})
    t.true((await page.evaluate('document.documentElement.scrollWidth')) === width, 'nothing is beyond the edge')
    t.deepEqual([...hosts], [new URL(origin).host])
    t.deepEqual(faults, [])
  },
  title: (_, width) =>
    `on a page of ${width} pixels: log in, list products, order a basket and a product, see both in the history`,
})

withBrowser(walk, 1280)
withBrowser(walk, 390)

withBrowser(
  'a pasted token needs no keyword, survives a reload until it is removed, and does not block a login',
  async (t) => {
    const {page, faults, origin} = await setUp(t, 1280)
    await page.goto(`${origin}/docs/`)
    await authorize(page, demoToken)
    await page.reload()
    t.is((await execute(page, 'Orders-listOrders')).status, 200)
    t.deepEqual(faults, [])

    await press(page, '.auth-wrapper .authorize')
    await press(page, '.modal-ux [aria-label="Remove authorization"]')
    await page.goto(`${origin}/docs/`)
    t.is((await execute(page, 'Orders-listOrders')).status, 401)

    await page.goto(`${origin}/docs/`)
    await authorize(page, 'f'.repeat(40))
    t.is((await execute(page, 'Authentication-logIn')).status, 200)
  },
)

withBrowser('Log in in the banner opens the operation and scrolls to it, also a second time', async (t) => {
  const {page, faults, origin} = await setUp(t, 1280)
  await page.goto(`${origin}/docs/`)
  await page.waitForSelector(cancelOrder)

  for (const from of ['', '#/Orders/cancelOrder']) {
    await page.evaluate(`location.hash = '${from}'`)
    await page.evaluate('scrollTo(0, document.body.scrollHeight)')
    await press(page, 'header a')
    await page.waitForSelector(`${operation('Authentication-logIn')}.is-open .execute`)
    await page.waitForFunction(`
      (() => {
        const {top, height} = document.querySelector('${operation('Authentication-logIn')}').getBoundingClientRect()
        return top > -height && top < innerHeight
      })()`)
  }
  t.deepEqual(faults, [])
})

withBrowser('the banner says who is logged in, until the log-out there', async (t) => {
  const {page, faults, origin} = await setUp(t, 1280)
  const banner = async () => readText(page, 'header p:not([hidden])')

  await page.goto(`${origin}/docs/`)
  await page.waitForSelector(cancelOrder)
  t.regex(await banner(), /execute Log in once/)
  await authorize(page, demoToken)
  t.regex(await banner(), /^A token is sent with every request\. Log out$/)
  await execute(page, 'Authentication-logIn')
  t.is(await banner(), 'Logged in as matt. Log out')
  await page.reload()
  await page.waitForSelector(cancelOrder)
  t.is(await banner(), 'Logged in as matt. Log out')
  t.is((await execute(page, 'Orders-listOrders')).status, 200)
  await page.evaluate('scrollTo(0, 0)')
  const {token} = JSON.parse(String(await page.evaluate("localStorage.getItem('mattshop-login')"))) as {token: string}
  const answered = page.waitForResponse((response) => response.url().endsWith('/auth/logout/'))
  await press(page, 'header button')

  t.regex(await banner(), /execute Log in once/)
  t.is((await answered).status(), 204)
  const history = await fetch(`${origin}/orders/history/`, {headers: {authorization: `Token ${token}`}})
  t.is(history.status, 401)
  t.deepEqual(faults, [])
  await page.goto(`${origin}/docs/`)
  t.is((await execute(page, 'Orders-listOrders')).status, 401)
})

withBrowser('padlocks are where a token is needed, and errors are shown when asked for', async (t) => {
  const {page, faults, origin} = await setUp(t, 1280)
  await page.goto(`${origin}/docs/`)
  await page.waitForSelector(cancelOrder)
  const locked = await page.$$eval('.opblock:has(.authorization__btn)', (blocks: {id: string}[]) =>
    blocks.map(({id}) => id.replace('operations-', '')),
  )
  t.true(locked.includes('Orders-createOrder') && locked.includes('Authentication-logOut'))
  t.deepEqual(
    locked.filter((id) => /^(Authentication-logIn$|(Products|Health|API)-)/.test(id)),
    [],
  )

  await press(page, `${operation('Orders-createOrder')} .opblock-summary-control`)
  const created = `${operation('Orders-createOrder')} .response[data-code="201"]`
  const refused = `${operation('Orders-createOrder')} .response[data-code="400"]`
  await page.waitForSelector(created, {visible: true})
  await page.waitForSelector(refused, {hidden: true})
  await press(page, '.errors-toggle')
  await page.waitForSelector(refused, {visible: true})
  await press(page, '.errors-toggle')
  await page.waitForSelector(refused, {hidden: true})
  t.deepEqual(faults, [])
})

withBrowser('calls of the page work behind a proxy that adds a path prefix', async (t) => {
  const {page, faults, origin} = await setUp(t, 1280)
  const proxy = createServer((request, response) => {
    const {url = '', method, headers} = request
    const forwarded = httpRequest(origin + url.replace('/shop/', '/'), {method, headers}, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(forwarded)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })

  await page.goto(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/shop/docs/`)

  t.is((await execute(page, 'Authentication-logIn')).status, 200)
  t.is((await execute(page, 'Orders-listOrders')).status, 200)
  t.deepEqual(faults, [])
})

withBrowser('the page runs no script and sends no request that its policy does not name', async (t) => {
  const {page, faults, hosts, origin} = await setUp(t, 1280)
  await page.goto(`${origin}/docs/`)
  await page.waitForSelector(cancelOrder)

  await page.evaluate(`
    const script = document.createElement('script')
    script.textContent = 'document.title = "inline"'
    document.head.append(script)
    fetch('http://shop.invalid/').catch(() => {})
  `)

  t.is(await page.title(), 'MattShop API')
  t.deepEqual([...hosts], [new URL(origin).host])
  t.true(faults.some((fault) => fault.includes('Content Security Policy')))
})

const withNginxToo = nginxBinary === undefined ? test.skip : withBrowser

withNginxToo('the page works behind nginx', async (t) => {
  const {page, faults, hosts, origin} = await setUp(t, 1280)
  const {port} = await startNginx(t, Number(new URL(origin).port))
  const front = `localhost:${port}`

  await page.goto(`http://${front}/docs`)
  t.is((await execute(page, 'Authentication-logIn')).status, 200)
  const {body} = await execute(page, 'Products-listProducts')

  t.is(page.url().split('#', 1)[0], `http://${front}/docs/`)
  t.is(new URL(body.next).host, front)
  const bundle = await fetch(`http://${front}/docs/swagger-ui-bundle.js`, {
    method: 'HEAD',
    headers: {'accept-encoding': 'gzip'},
  })
  t.is(bundle.headers.get('content-encoding'), 'gzip')
  t.deepEqual([...hosts], [front])
  t.deepEqual(faults, [])
})

withBrowser('with payments, a user stores a method and pays an order with it', async (t) => {
  const {db, shop} = await startPayingShop(t)
  await loadDemo(db, bcrypt)
  const {page, faults} = await openPage(t, browser, 390)
  await page.goto(`${shop.origin}/docs/`)
  await page.waitForSelector(operation('Payments-completeTestSetup'))

  await execute(page, 'Authentication-logIn')
  const {setup} = (await execute(page, 'Payments-setUpPaymentMethod')).body
  const finished = await execute(page, 'Payments-completeTestSetup', async (form) => {
    await page.locator(`${form} .parameters input`).fill(setup)
  })
  const stored = await execute(page, 'Payments-addPaymentMethod', async (form) => {
    await page.locator(`${form} textarea`).fill(JSON.stringify({setup}))
  })
  await takeScreenshot(page, 'docs-page-390-payment-method')
  const ordered = await execute(page, 'Orders-createOrder', async (form) => {
    await page.select(`${form} .opblock-section-request-body .examples-select-element`, 'paid with the default method')
  })

  t.like(finished, {status: 200, body: {last4: '4242'}})
  t.like(stored, {status: 201, body: {last4: '4242', is_default: true}})
  t.like(ordered, {status: 201, body: {payment_status: 'paid', next_action: null}})
  t.true((await page.evaluate('document.documentElement.scrollWidth')) === 390, 'nothing is beyond the edge')
  t.deepEqual(faults, [])
})

// The last operation before the health check and the description: once it is visible, the page is complete.
const cancelOrder = operation('Orders-cancelOrder')

async function setUp(t: ExecutionContext, width: number): Promise<OpenPage & {origin: string}> {
  const {db, origin} = await startShop(t)
  await loadDemo(db, bcrypt)
  return {...(await openPage(t, browser, width)), origin}
}

function operation(name: string): string {
  return `[id="operations-${name}"]`
}

/** Sends the request that the page proposes, or what `edit` makes of it, and returns the answer that it shows. */
async function execute(
  page: Page,
  name: string,
  edit?: (form: string) => Promise<void>,
): Promise<Pick<Answer, 'body' | 'status'>> {
  await press(page, `${operation(name)} .opblock-summary-control`)
  await page.waitForSelector(`${operation(name)} .execute`)
  await edit?.(operation(name))
  await press(page, `${operation(name)} .execute`)
  const shown = `${operation(name)} .live-responses-table .response`
  await page.waitForSelector(shown)
  const status = await readText(page, `${shown} .response-col_status`)
  const body = await readText(page, `${shown} .highlight-code code`)
  return {status: Number.parseInt(status), body: JSON.parse(body)}
}

async function authorize(page: Page, value: string): Promise<void> {
  await press(page, '.auth-wrapper .authorize')
  await page.locator('.modal-ux input').fill(value)
  await press(page, '.modal-ux .authorize')
  await press(page, '.modal-ux .btn-done')
}

async function readText(page: Page, selector: string): Promise<string> {
  // The project does not include the DOM types.
  return page.$eval(selector, ({textContent}: {textContent: string}) => textContent)
}

async function press(page: Page, selector: string): Promise<void> {
  await page.locator(selector).click()
}
