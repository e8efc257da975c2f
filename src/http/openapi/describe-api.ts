import type {oas31} from 'zod-openapi'
import {createDocument, type ZodOpenApiPathsObject} from 'zod-openapi'

import {currencies} from '../../money.ts'
import {readVersion} from '../../version.ts'
import type {Resource} from '../resource.ts'
import {tagJson, type TaggedJson} from '../tagged-json.ts'
import {describeOperation, type OperationPath} from './describe-operation.ts'
import {createProblemSchemas} from '../problems/problem-schemas.ts'

const description = `A small shop: browse its products, fill a basket and order.
Products are open to everybody. For the rest, log in once and send the token: \`Authorization: Token <token>\`.
An error says what to do about it in \`detail\`, and has a \`code\` that programs can rely on.

Prices are strings with the decimals of their currency. Errors are problem details (RFC 9457). Later versions may add
members to bodies: ignore those that you do not know.

Every answer has an \`X-Request-Id\`: that of the request if it has 1 to 128 letters, digits, dots, hyphens and underscores, else
a new one. Name it when you report a fault. An answer without another \`Cache-Control\` has \`private, no-store\`.

The slash at the end of a path is optional. Every path with GET also supports HEAD, and OPTIONS describes the path; any
other method is answered 405 with an \`Allow\` header and the code \`method_not_allowed\`. If a parameter is repeated,
the last value is used. Integers in parameters accept the same notations as integers in bodies.`

/** Describes the resources as an OpenAPI document, for a shop below a path. */
export function describeApi(resources: readonly Resource[], basePath = ''): oas31.OpenAPIObject {
  const schemaOf = createProblemSchemas()
  const takesPayments = resources.some(({operations}) => Object.values(operations).some(({tag}) => tag === 'Payments'))
  const paths: ZodOpenApiPathsObject = {}
  for (const {path, formerPath, operations} of resources) {
    const places: OperationPath[] = [{path}, ...(formerPath === undefined ? [] : [{path: formerPath, successor: path}])]
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
      servers: serversAt(basePath),
      tags: [
        {name: 'Authentication', description: 'Log in, log out, and change the password.'},
        {name: 'Products', description: 'The products that can be ordered.'},
        {name: 'Basket', description: 'What the caller is about to order. Its stock is held for some minutes.'},
        {name: 'Orders', description: "The caller's orders."},
        ...(takesPayments ? [{name: 'Payments', description: 'How orders are paid.'}] : []),
        {name: 'Health', description: 'For load balancers and monitoring.'},
        {name: 'API', description: 'The description of the API.'},
      ],
      paths,
      components: {
        schemas: {
          CurrencyCode: {
            type: 'string',
            enum: [...currencies],
            description: 'The code of an active ISO 4217 currency.',
          },
        },
        securitySchemes: {
          Token: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'The word `Token`, a space, and the token from a login.',
          },
        },
      },
    },
    {
      // Clients must accept members that they do not know.
      override({jsonSchema}) {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      },
    },
  )
}

/** Serializes the document for the path below which a client finds the shop. Keeps what it did last. */
export function createDescription(document: oas31.OpenAPIObject): (basePath: string) => TaggedJson {
  let kept: {basePath: string; json: TaggedJson} | undefined
  return (basePath) => {
    if (kept?.basePath !== basePath) kept = {basePath, json: tagJson({...document, servers: serversAt(basePath)})}
    return kept.json
  }
}

function serversAt(basePath: string): oas31.ServerObject[] {
  return [{url: basePath === '' ? '/' : basePath}]
}
