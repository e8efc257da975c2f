import type {Request} from 'express'

const rendered = ['application/json', 'application/problem+json', 'text/html']

/** Ranges of media types that match one of them. `*` is what old Java clients send. */
const ranges = new Set(['', '*', '*/*', ...rendered.flatMap((type) => [type, type.replace(/\/.*/, '/*')])])

/** As in Django REST Framework, parameters do not matter: `application/json; indent=4` is JSON. */
export function isAcceptable(accept = ''): boolean {
  return accept.split(',').some((range) => ranges.has((range.split(';', 1)[0] ?? '').trim().toLowerCase()))
}

/** True for browsers; false for clients that accept anything. */
export function prefersHtml(request: Request): boolean {
  return request.accepts(['application/problem+json', 'application/json', 'text/html']) === 'text/html'
}
