import test from 'ava'

import {compareDocuments} from '../../../scripts/openapi/compare-documents.ts'
import type {ApiDocument, Operation, Schema} from '../../../scripts/openapi/document.ts'

const text: Schema = {type: 'string'}
const content = {'application/json': {schema: text}}

const operation: Operation = {
  operationId: 'read',
  security: [{Token: []}, {}],
  parameters: [{in: 'query', name: 'page', schema: text}],
  requestBody: {content: {...content, 'multipart/form-data': {schema: text}}},
  responses: {
    200: {content, headers: {ETag: {required: true, schema: text}, Age: {schema: text}}},
    404: {content},
  },
}

function api(...operations: Operation[]): ApiDocument {
  return {info: {version: '1.0.0'}, paths: {'/a/': Object.fromEntries(operations.map((one, n) => [`m${n}`, one]))}}
}

const breaks = test.macro<[change: Partial<Operation>, expected: string[]]>({
  exec(t, change, expected) {
    t.deepEqual(compareDocuments(api(operation), api({...operation, ...change})), expected)
  },
  title: (title) => title ?? '',
})

test('an equal document breaks nothing', breaks, {}, [])
test('another operationId breaks generated clients', breaks, {operationId: 'get'}, ['M0 /a/: the operationId was read'])
test('a token that is now required', breaks, {security: [{Token: []}]}, [
  'M0 /a/: no longer accepts requests without a token',
])
test('an operation that no longer needs a token breaks nothing', breaks, {security: []}, [])
test('another security scheme', breaks, {security: [{Key: []}, {}]}, [])
test('a removed parameter', breaks, {parameters: []}, ['M0 /a/ query page: was removed'])
test('a parameter in another place', breaks, {parameters: [{in: 'header', name: 'page', schema: text}]}, [
  'M0 /a/ query page: was removed',
])
test(
  'a parameter that is now required',
  breaks,
  {parameters: [{in: 'query', name: 'page', required: true, schema: text}]},
  ['M0 /a/ query page: is now required'],
)
test(
  'a new required parameter',
  breaks,
  {parameters: [...(operation.parameters ?? []), {in: 'query', name: 'new', required: true}]},
  ['M0 /a/ query new: is now required'],
)
test(
  'a new optional parameter breaks nothing',
  breaks,
  {parameters: [...(operation.parameters ?? []), {in: 'query', name: 'new'}]},
  [],
)
test('a narrower parameter', breaks, {parameters: [{in: 'query', name: 'page', schema: {type: 'integer'}}]}, [
  'M0 /a/ query page: no longer accepts string',
])
test('a body that is now required', breaks, {requestBody: {...operation.requestBody, required: true} as never}, [
  'M0 /a/ body: is now required',
])
test('a removed media type of a body', breaks, {requestBody: {content}}, [
  'M0 /a/ body multipart/form-data: was removed',
])
test(
  'a narrower body',
  breaks,
  {requestBody: {content: {...operation.requestBody?.content, 'application/json': {schema: {const: 'a'}}}}},
  ['M0 /a/ body application/json: no longer accepts anything other than "a"'],
)
test('a removed refusal', breaks, {responses: {200: {...operation.responses[200]}}}, ['M0 /a/ 404: was removed'])
test('a new refusal breaks nothing', breaks, {responses: {...operation.responses, 409: {content}}}, [])
test('another success status', breaks, {responses: {...operation.responses, 202: {}}}, [
  'M0 /a/ 202: is a new success status',
])
test(
  'a wider answer with removed headers',
  breaks,
  {responses: {...operation.responses, 200: {content: {'application/json': {schema: {}}}}}},
  [
    'M0 /a/ 200 header ETag: was removed',
    'M0 /a/ 200 header Age: was removed',
    'M0 /a/ 200 application/json: may now be anything',
  ],
)
test(
  'a header that may now be missing, and another media type',
  breaks,
  {
    responses: {
      404: {content},
      200: {content: {'text/html': {}}, headers: {ETag: {schema: text}, Age: {schema: text}}},
    },
  },
  ['M0 /a/ 200 header ETag: may now be missing', 'M0 /a/ 200 application/json: was removed'],
)

test('removed paths and operations break clients, new ones do not', (t) => {
  t.deepEqual(compareDocuments(api(operation), api(operation, operation)), [])
  t.deepEqual(compareDocuments(api(operation, operation), api(operation)), ['M1 /a/: was removed'])
  t.deepEqual(compareDocuments(api(operation), {...api(), paths: {}}), ['M0 /a/: was removed'])
  t.deepEqual(compareDocuments({...api(), paths: {}}, api(operation)), [])
})
