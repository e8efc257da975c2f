import {existsSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {ExecutionContext} from 'ava'
import puppeteer, {type Browser, type Page} from 'puppeteer-core'

/** The installed Chromium; nothing is downloaded. */
export const chromiumBinary = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((file) => existsSync(file))

export type OpenPage = {
  page: Page
  /** Console messages, script errors, failed requests, and answers with 4xx or 5xx. */
  faults: string[]
  /** The hosts that it sent requests to. */
  hosts: Set<string>
}

/** Throws if Chromium is not installed. The caller closes the browser. */
export async function startBrowser(): Promise<Browser> {
  if (chromiumBinary === undefined) throw new Error('Chromium is not installed.')
  // The sandbox works neither for root nor in most containers.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
  return puppeteer.launch({executablePath: chromiumBinary, args})
}

/** Opens a page with its own profile until the test ends. */
export async function openPage(t: ExecutionContext, browser: Browser, width: number): Promise<OpenPage> {
  const context = await browser.createBrowserContext()
  t.teardown(async () => context.close())
  const page = await context.newPage()
  await page.setViewport({width, height: 900})
  // The machine runs other tests at the same time.
  page.setDefaultTimeout(90_000)

  const faults: string[] = []
  const hosts = new Set<string>()
  page.on('console', (message) => faults.push(`console ${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => faults.push(`error: ${String(error)}`))
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`))
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`)
  })
  page.on('request', (request) => {
    const {protocol, host} = new URL(request.url())
    if (protocol !== 'data:') hosts.add(host)
  })
  return {page, faults, hosts}
}

/** Saves a picture of the visible part, for people to look at, in a folder that is kept. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  const folder = join(tmpdir(), 'shop-screenshots')
  await mkdir(folder, {recursive: true})
  await page.screenshot({path: join(folder, `${name}.png`)})
}
