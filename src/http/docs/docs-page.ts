import {hash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

import {type Request, type Response, Router} from 'express'

import {MethodNotAllowedError} from '../problems/http-errors.ts'

/** Nothing from elsewhere. Swagger UI has icons as `data:` in its style sheet. */
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
 * A page at `/docs/` to read the description of the API and to try requests from; `/` leads a browser there. It is no
 * part of the API: whoever asks for something else than HTML at `/` finds nothing.
 */
export function createDocsPage(): Router {
  const router = Router({caseSensitive: true, strict: true})

  router.all('/', (request, response, next) => {
    response.vary('accept')
    if (isRead(request) && prefersHtml(request)) response.redirect('docs/')
    else next()
  })
  // Relative, as all of the page: whatever is in front of the shop need not be known here.
  router.all('/docs', (request, response) => {
    demandRead(request)
    response.redirect('docs/')
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

/** Read from the disk when it is asked for. */
function createSender({file, of}: Asset): (response: Response) => Promise<void> {
  const isOwn = of === 'shop'
  let tag: string | undefined

  return async (response) => {
    // By a root, below which alone Express refuses what has a dot: the shop itself may be in such a folder.
    const root = findRoot(of)
    // Not Express's own, of a size and a time: npm gives all that it packs one time.
    tag ??= `"${hash('sha1', await readFile(join(root, file)), 'base64url')}"`
    response.set({
      etag: tag,
      // The shop's own files change with the API that they show.
      'cache-control': isOwn ? 'no-cache' : 'public, max-age=604800',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    response.sendFile(file, {root, cacheControl: false, lastModified: false, acceptRanges: false})
  }
}

/** Not by an import: Swagger UI's own would load all of it. */
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

/** As browsers do, and who takes anything does not. */
function prefersHtml(request: Request): boolean {
  return request.accepts(['application/problem+json', 'application/json', 'text/html']) === 'text/html'
}
