import {readFile} from 'node:fs/promises'

import {describeApi} from '../../src/http/openapi/describe-api.ts'
import {createResources} from '../../src/http/resources.ts'
import {defaultOrderItems} from '../../src/services/checkout/new-order.ts'
import type {ApiDocument, Schema} from './document.ts'

/** Of a shop that takes payments, which has all that any other shop has. */
const resources = createResources({orderItems: defaultOrderItems, provider: 'stripe'})

/**
 * The document that such a shop serves, without the titles of problems: they are Node's names of the statuses, which
 * may change with its version, and nothing depends on them.
 */
export function describeCurrentApi(): ApiDocument {
  const document = JSON.parse(JSON.stringify(describeApi(resources))) as ApiDocument
  return mapProblems(document, (schema) => ({
    ...schema,
    properties: {...schema.properties, title: {type: 'string'}},
  }))
}

/** Relative to dist/scripts/openapi. */
export const releasedFile = new URL('../../../docs/openapi/released.json', import.meta.url)

export async function readReleasedApi(): Promise<ApiDocument> {
  return JSON.parse(await readFile(releasedFile, 'utf8')) as ApiDocument
}

/** Returns the document with its problem schemas replaced. */
export function mapProblems(document: ApiDocument, map: (schema: Schema) => Schema): ApiDocument {
  const schemas = Object.entries(document.components?.schemas ?? {}).map(([name, schema]): [string, Schema] => [
    name,
    name.endsWith('Problem') ? map(schema) : schema,
  ])
  return {...document, components: {...document.components, schemas: Object.fromEntries(schemas)}}
}
