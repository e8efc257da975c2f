import {existsSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import type {ExecutionContext} from 'ava'
import puppeteer, {type Browser, type Page} from 'puppeteer-core'

/** What is installed; nothing is downloaded. */
export const chromiumBinary = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((file) => existsSync(file))

export type OpenPage = {
  page: Page
  /** What went wrong in it: what its console was told, errors of scripts, requests without an answer or with 4xx or 5xx. */
  faults: string[]
  /** The hosts that it asked for anything. */
  hosts: Set<string>
}

/** Throws where none is installed. Whoever starts it closes it. */
export async function startBrowser(): Promise<Browser> {
  if (chromiumBinary === undefined) throw new Error('Chromium is not installed.')
  // Its sandbox is not for root, nor in most containers.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
  return puppeteer.launch({executablePath: chromiumBinary, args})
}

/** A page with a profile of its own, until the test ends. */
export async function openPage(t: ExecutionContext, browser: Browser, width: number): Promise<OpenPage> {
  const context = await browser.createBrowserContext()
  t.teardown(async () => context.close())
  const page = await context.newPage()
  await page.setViewport({width, height: 900})
  // Of a machine that runs other tests beside it.
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

/** For whoever wants to look at it: in a folder that stays, one picture for each name. What is in sight. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  const folder = join(tmpdir(), 'shop-screenshots')
  await mkdir(folder, {recursive: true})
  await page.screenshot({path: join(folder, `${name}.png`)})
}
