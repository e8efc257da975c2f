import {z} from 'zod'

import {basePathOf} from '../edge/base-path.ts'
import type {Operation} from '../openapi/operation.ts'
import {defineResource} from '../resource.ts'
import {sendTagged} from '../tagged-json.ts'
import {IfNoneMatch, notModified, taggedHeaders} from './parameters.ts'

const describe: Operation = {
  operationId: 'describeApi',
  tag: 'API',
  summary: 'Get this description',
  description: 'The OpenAPI 3.1 document, as `shop openapi` prints it.',
  security: 'none',
  parameters: {header: IfNoneMatch},
  answers: {
    200: {
      description: 'The document.',
      body: z.looseObject({openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({})}),
      headers: taggedHeaders,
    },
    304: notModified,
  },
  problems: [],
}

export const apiDescription = defineResource({
  path: '/openapi.json',
  name: 'Api Description',
  operations: {GET: describe},
  handle: ({description}) => ({
    enter: async () => Promise.resolve(),
    methods: {
      GET(request, response) {
        sendTagged(request, response, description(basePathOf(request)), 'Accept')
      },
    },
  }),
})
