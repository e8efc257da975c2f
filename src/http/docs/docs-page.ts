import {hash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {extname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

import {type Request, type Response, Router} from 'express'

import {prefersHtml} from '../drf/accept.ts'
import {basePathOf} from '../edge/base-path.ts'
import {MethodNotAllowedError} from '../problems/http-errors.ts'

/** Allows nothing from other origins. The style sheet of Swagger UI has icons as `data:` URLs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

type Asset = {file: string; of: 'shop' | 'swagger-ui-dist'}

const assets: Record<string, Asset> = {
  '/docs/': {file: 'index.html', of: 'shop'},
  '/docs/icon.svg': {file: 'icon.svg', of: 'shop'},
  '/docs/page.css': {file: 'page.css', of: 'shop'},
  '/docs/page.js': {file: 'page.js', of: 'shop'},
  '/docs/swagger-ui.css': {file: 'swagger-ui.css', of: 'swagger-ui-dist'},
  '/docs/swagger-ui-bundle.js': {file: 'swagger-ui-bundle.js', of: 'swagger-ui-dist'},
}

/**
 * Serves a page at `/docs/` that shows the API description and lets people try requests. `/` redirects browsers there.
 * The page is not part of the API: a request for anything but HTML at `/` is answered 404.
 */
export function createDocsPage(): Router {
  const router = Router({caseSensitive: true, strict: true})
  router.use('/docs', (_request, response, next) => {
    response.locals.route = '/docs/'
    next()
  })

  router.all('/', (request, response, next) => {
    response.vary('accept')
    if (isRead(request) && prefersHtml(request)) response.redirect(pageFor(request))
    else next()
  })
  router.all('/docs', (request, response) => {
    demandRead(request)
    response.redirect(pageFor(request))
  })
  for (const [path, asset] of Object.entries(assets)) {
    const send = createSender(asset)
    router.all(path, async (request, response) => {
      demandRead(request)
      await send(response)
    })
  }
  return router
}

/**
 * Relative, like every link of the page, so that it works behind a proxy that adds a path and does not say so. What a
 * relative one means for `/shop` without its slash is another page.
 */
function pageFor(request: Request): string {
  const basePath = basePathOf(request)
  return basePath === '' ? 'docs/' : `${basePath}/docs/`
}

/**
 * Reads the file once, when it is first requested. Streaming it would let every client that takes nothing hold an open
 * file.
 */
function createSender({file, of}: Asset): (response: Response) => Promise<void> {
  const isOwn = of === 'shop'
  let reading: Promise<{body: Buffer; tag: string}> | undefined

  return async (response) => {
    reading ??= readTagged(join(findRoot(of), file))
    const {body, tag} = await reading.catch((error: unknown) => {
      reading = undefined
      throw error
    })
    response
      .set({
        etag: tag,
        // The shop's own files change together with the API.
        'cache-control': isOwn ? 'no-cache' : 'public, max-age=604800',
        'content-security-policy': contentSecurityPolicy,
      })
      .type(extname(file))
      .send(body)
  }
}

async function readTagged(path: string): Promise<{body: Buffer; tag: string}> {
  const body = await readFile(path)
  return {body, tag: `"${hash('sha1', body, 'base64url')}"`}
}

/** Resolves the folder without importing anything: the module of swagger-ui-dist would load all of it. */
function findRoot(of: Asset['of']): string {
  if (of === 'shop') return fileURLToPath(new URL('src/http/docs/assets/', import.meta.resolve('#package.json')))
  return fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json')))
}

function isRead({method}: Request): boolean {
  return method === 'GET' || method === 'HEAD'
}

function demandRead(request: Request): void {
  if (isRead(request)) return
  throw new MethodNotAllowedError(request.method, 'GET, HEAD')
}
