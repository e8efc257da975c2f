import type {oas31} from 'zod-openapi'
import {createDocument, type ZodOpenApiPathsObject} from 'zod-openapi'

import {currencies} from '../../money.ts'
import {readVersion} from '../../version.ts'
import type {Resource} from '../resource.ts'
import {describeOperation, type Place} from './describe-operation.ts'
import {createProblemSchemas} from '../problems/problem-schemas.ts'

const description = `A small shop: what it sells, and orders of it.

A token goes into \`Authorization: Token <token>\`. The slash at the end of a path is optional. Where there is GET there
is HEAD; OPTIONS answers what a path has, and any other method is 405 with \`Allow\` and the code \`method_not_allowed\`. Of a parameter
that is given several times, the last one counts; an integer there is read in every spelling that a body may have for it.
Bodies may get more members than are described here: ignore those that you do not know.

Errors are problem details (RFC 9457), told apart by their \`code\`. Prices are strings with the decimals of their currency.`

/** The OpenAPI document of what is served. */
export function describeApi(resources: readonly Resource[]): oas31.OpenAPIObject {
  const schemaOf = createProblemSchemas()
  const paths: ZodOpenApiPathsObject = {}
  for (const {path, formerPath, operations} of resources) {
    const places: Place[] = [{path}, ...(formerPath === undefined ? [] : [{path: formerPath, successor: path}])]
    for (const place of places) {
      paths[place.path] = Object.fromEntries(
        Object.entries(operations).map(([method, operation]) => [
          method.toLowerCase(),
          describeOperation(operation, place, schemaOf),
        ]),
      )
    }
  }

  return createDocument(
    {
      openapi: '3.1.0',
      info: {title: 'MattShop', version: readVersion(), description, license: {name: 'MIT', identifier: 'MIT'}},
      servers: [{url: '/'}],
      tags: [
        {name: 'Authentication', description: 'Tokens.'},
        {name: 'Products', description: 'What can be ordered.'},
        {name: 'Orders', description: "The caller's own."},
        {name: 'Health', description: 'For whoever watches over the processes.'},
        {name: 'API', description: 'What describes it.'},
      ],
      paths,
      components: {
        schemas: {
          CurrencyCode: {type: 'string', enum: [...currencies], description: 'A currency of ISO 4217 that is in use.'},
        },
        securitySchemes: {
          Token: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: '`Token`, a space, and the token that a login gave.',
          },
        },
      },
    },
    {
      // A client is to bear with members that it does not know.
      override({jsonSchema}) {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      },
    },
  )
}
