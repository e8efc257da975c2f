import {once} from 'node:events'
import {readdir, readlink} from 'node:fs/promises'
import {connect} from 'node:net'

import test from 'ava'

import {startShop} from '../../../helpers/http.ts'

const browserAccept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

test('GET / redirects browsers to the page, and is 404 for other clients', async (t) => {
  const {origin} = await startShop(t)
  const send = async (accept: string, method = 'GET') =>
    fetch(`${origin}/`, {method, redirect: 'manual', headers: {accept}})

  for (const method of ['GET', 'HEAD']) {
    const answer = await send(browserAccept, method)
    t.is(answer.status, 302)
    t.is(answer.headers.get('location'), 'docs/')
    t.is(answer.headers.get('vary'), 'accept')
  }
  for (const accept of ['*/*', 'application/json', 'application/json, text/html;q=0.9']) {
    const answer = await send(accept)
    t.is(answer.status, 404)
    t.like(await answer.json(), {code: 'not_found', detail: 'Not found.'})
  }
  for (const method of ['POST', 'OPTIONS']) t.is((await send(browserAccept, method)).status, 404)
})

test('/docs redirects to /docs/', async (t) => {
  const {origin} = await startShop(t)
  const answer = await fetch(`${origin}/docs`)
  t.true(answer.redirected)
  t.is(answer.url, `${origin}/docs/`)
  t.is(answer.status, 200)
})

test('all files of the page come from this server, each with an entity tag and a strict policy', async (t) => {
  const {origin} = await startShop(t)
  const page = await (await fetch(`${origin}/docs/`)).text()
  const files = [...page.matchAll(/<(?:link|script)[^>]* (?:href|src)="([^"]*)"/g)].map(([, address = '']) => address)
  t.deepEqual(files, ['icon.svg', 'swagger-ui.css', 'page.css', 'swagger-ui-bundle.js', 'page.js'])

  const types: Record<string, string> = {
    '': 'text/html; charset=utf-8',
    css: 'text/css; charset=utf-8',
    js: 'text/javascript; charset=utf-8',
    svg: 'image/svg+xml',
  }
  for (const file of ['', ...files]) {
    const answer = await fetch(`${origin}/docs/${file}`)
    const tag = answer.headers.get('etag') ?? ''
    // As a proxy that compresses would send it.
    const again = await fetch(`${origin}/docs/${file}`, {
      headers: {'if-none-match': `W/${tag}`, 'cache-control': 'max-age=0'},
    })
    t.is(answer.status, 200, `file ${file}`)
    t.is(answer.headers.get('content-type'), types[file.split('.').at(-1) ?? ''] ?? null)
    t.regex(tag, /^"[\w-]{27}"$/)
    t.is(again.status, 304, `file ${file}`)
    t.is(answer.headers.get('cache-control'), file.startsWith('swagger') ? 'public, max-age=604800' : 'no-cache')
    t.is(answer.headers.get('x-content-type-options'), 'nosniff')
    const policy = answer.headers.get('content-security-policy') ?? ''
    t.regex(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /)
    t.notRegex(policy, /unsafe|http|\*/)
  }
})

test('no other files of the page or its packages are served, and only by GET and HEAD', async (t) => {
  const {origin} = await startShop(t)
  for (const path of ['index.html', 'package.json', 'swagger-ui-bundle.js.map', '..%2fpackage.json', 'page.js/', '/']) {
    const answer = await fetch(`${origin}/docs/${path}`)
    t.is(answer.status, 404, `path ${path}`)
    t.like(await answer.json(), {code: 'not_found'})
  }
  for (const path of ['/docs', '/docs/', '/docs/page.js']) {
    const answer = await fetch(origin + path, {method: 'POST'})
    t.is(answer.status, 405, `path ${path}`)
    t.is(answer.headers.get('allow'), 'GET, HEAD')
    t.like(await answer.json(), {code: 'method_not_allowed'})
  }
})

// Serial, because other tests read the file.
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip
onLinux('clients that do not take a file of the page hold no open file', async (t) => {
  const {origin} = await startShop(t)
  const {port} = new URL(origin)
  for (let n = 0; n < 10; n++) {
    const socket = connect(Number(port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'readable')
  }

  const files = await readdir('/proc/self/fd')
  const paths = await Promise.all(files.map(async (file) => readlink(`/proc/self/fd/${file}`).catch(() => '')))
  t.deepEqual(
    paths.filter((path) => path.endsWith('swagger-ui-bundle.js')),
    [],
  )
})
