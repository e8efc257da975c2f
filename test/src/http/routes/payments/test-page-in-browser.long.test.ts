import test from 'ava'

import {chromiumBinary, openPage, startBrowser, takeScreenshot} from '../../../../helpers/browser.ts'
import {startPaidShop} from '../../../../helpers/paid-shop.ts'

// One after another, because each test needs a whole core.
const withBrowser = chromiumBinary === undefined ? test.skip : test.serial

if (chromiumBinary === undefined)
  process.stderr.write(
    'SKIPPED: test/src/http/routes/payments/test-page-in-browser.long.test.ts needs Chromium, which is not installed: apt-get install chromium.\n',
  )

for (const [width, button, end] of [
  [1280, 'Confirm', 'captured'],
  [390, 'Fail', 'declined'],
] as const) {
  withBrowser(`on a page of ${width} pixels, a buyer clicks ${button}, and goes back to the shop`, async (t) => {
    const {shop, anna, method, order, request} = await startPaidShop(t)
    await method(anna, 'requires_action')
    const returnUrl = `${shop.origin}/healthcheck/heartbeat/?from="test"`
    const {body} = await order(anna, {payment_method: 'default', return_url: returnUrl})
    const browser = await startBrowser()
    t.teardown(async () => browser.close())
    const {page, faults, hosts} = await openPage(t, browser, width)

    await page.goto(body.next_action.url)
    await takeScreenshot(page, `test-page-${width}`)
    t.true((await page.evaluate('document.documentElement.scrollWidth')) === width, 'nothing is beyond the edge')
    await Promise.all([page.waitForNavigation(), page.click(`::-p-text(${button})`)])
    await takeScreenshot(page, `test-page-${width}-${end}`)
    t.regex(String(await page.evaluate('document.body.innerText')), new RegExp(`is ${end}\\.`))
    await Promise.all([page.waitForNavigation(), page.click('a')])

    t.is(page.url(), new URL(returnUrl).href)
    const {body: payment} = await request(anna, 'POST', `/orders/${body.order_id}/payment/refresh/`)
    t.is(payment.state, end)
    t.deepEqual(faults, [])
    t.deepEqual([...hosts], [new URL(shop.origin).host])
  })
}
