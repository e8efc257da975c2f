import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

import {describeApi} from '../../src/http/openapi/describe-api.ts'
import type {Resource} from '../../src/http/resource.ts'
import {createResources, resources} from '../../src/http/resources.ts'
import type {PaymentSettings} from '../../src/payment-settings.ts'
import {defaultOrderItems} from '../../src/services/checkout/new-order.ts'

type ApiDocument = ReturnType<typeof describeApi>

export type Api = {
  document: ApiDocument
  /**
   * Lists the violations of the schema at a place of the document. Undescribed members count as violations, except in
   * requests (`isOpen`), where they are allowed.
   */
  validateAt: (pointer: string[], value: unknown, options?: {isOpen?: boolean}) => string[]
  /** Finds the documented path of a request, which may omit the trailing slash. */
  findTemplate: (path: string) => string | undefined
}

function createApi(document: ApiDocument, provider = 'test'): Api {
  const validators = new Map<string, ValidateFunction>()
  const templates = Object.keys(document.paths ?? {}).map((template) => ({
    template,
    pattern: patternOf(template, provider),
  }))
  // `npm run lint:api` checks the schemas themselves. The rest makes compiling them twice as fast.
  const fast = {validateSchema: false, inlineRefs: false, code: {optimize: false}}
  const ajv = new Ajv2020({strict: false, allErrors: true, ...fast})
  formats.default(ajv)
  ajv.addSchema({...document, $id: 'open.json'})
  ajv.addSchema({...(closed(document) as object), $id: 'closed.json'})

  return {
    document,
    validateAt(pointer, value, {isOpen = false} = {}) {
      const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      const reference = `${isOpen ? 'open.json' : 'closed.json'}#/${escaped.join('/')}`
      const validate = validators.get(reference) ?? ajv.compile({$ref: reference})
      validators.set(reference, validate)
      return validate(value)
        ? []
        : (validate.errors ?? []).map(({instancePath, message}) => `${instancePath} ${message ?? ''}`)
    },
    findTemplate(path) {
      const [pathname = ''] = path.split('?', 1)
      return templates.find(({pattern}) => pattern.test(pathname))?.template
    },
  }
}

function patternOf(template: string, provider: string): RegExp {
  const pattern = template
    .replace(/\/$/, '')
    .replaceAll('.', String.raw`\.`)
    .replaceAll('{provider}', provider)
    .replaceAll(/\{(payment|setup)\}/g, String.raw`\w+`)
    .replaceAll(/\{\w+\}/g, String.raw`\d+`)
  return new RegExp(`^${pattern}/?$`)
}

/** Forbids members that are not described. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed)
  if (typeof part !== 'object' || part === null) return part
  const copy = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value)]))
  const isObject = copy.type === 'object' && copy.properties !== undefined
  return isObject && !('additionalProperties' in copy) ? {...copy, additionalProperties: false} : copy
}

/** Of a shop without settings. */
export const api = createApi(describeApi(resources))
export const {document, validateAt, findTemplate} = api

type Provider = PaymentSettings['provider']

/** Of a shop that takes payments. */
export function paidResources(provider: Provider): readonly Resource[] {
  return createResources({orderItems: defaultOrderItems, provider})
}

const paid = new Map<Provider, Api>()

/** Of a shop that takes payments. Made when it is first used, since it takes a while. */
export function paidApi(provider: Provider = 'test'): Api {
  const api = paid.get(provider) ?? createApi(describeApi(paidResources(provider)), provider)
  paid.set(provider, api)
  return api
}
