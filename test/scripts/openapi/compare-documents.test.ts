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

test('the same breaks nothing', breaks, {}, [])
test('another operationId breaks what is generated', breaks, {operationId: 'get'}, ['M0 /a/: its operationId was read'])
test('a token that is required now', breaks, {security: [{Token: []}]}, [
  'M0 /a/: cannot be asked with no token any more',
])
test('a token that is not taken any more', breaks, {security: []}, [])
test('another scheme', breaks, {security: [{Key: []}, {}]}, [])
test('a parameter that is gone', breaks, {parameters: []}, ['M0 /a/ query page: is gone'])
test('a parameter elsewhere', breaks, {parameters: [{in: 'header', name: 'page', schema: text}]}, [
  'M0 /a/ query page: is gone',
])
test(
  'a parameter that is required now',
  breaks,
  {parameters: [{in: 'query', name: 'page', required: true, schema: text}]},
  ['M0 /a/ query page: is required now'],
)
test(
  'a new parameter that is required',
  breaks,
  {parameters: [...(operation.parameters ?? []), {in: 'query', name: 'new', required: true}]},
  ['M0 /a/ query new: is required now'],
)
test(
  'a new parameter that is optional breaks nothing',
  breaks,
  {parameters: [...(operation.parameters ?? []), {in: 'query', name: 'new'}]},
  [],
)
test('a narrower parameter', breaks, {parameters: [{in: 'query', name: 'page', schema: {type: 'integer'}}]}, [
  'M0 /a/ query page: does not take any more string',
])
test('a body that is required now', breaks, {requestBody: {...operation.requestBody, required: true} as never}, [
  'M0 /a/ body: is required now',
])
test('a type of body that is gone', breaks, {requestBody: {content}}, ['M0 /a/ body multipart/form-data: is gone'])
test(
  'a narrower body',
  breaks,
  {requestBody: {content: {...operation.requestBody?.content, 'application/json': {schema: {const: 'a'}}}}},
  ['M0 /a/ body application/json: does not take any more anything else than "a"'],
)
test('a refusal that is gone', breaks, {responses: {200: {...operation.responses[200]}}}, ['M0 /a/ 404: is gone'])
test('a new refusal breaks nothing', breaks, {responses: {...operation.responses, 409: {content}}}, [])
test('another success', breaks, {responses: {...operation.responses, 202: {}}}, [
  'M0 /a/ 202: is another success than before',
])
test(
  'a wider answer, its headers gone',
  breaks,
  {responses: {...operation.responses, 200: {content: {'application/json': {schema: {}}}}}},
  [
    'M0 /a/ 200 header ETag: is gone',
    'M0 /a/ 200 header Age: is gone',
    'M0 /a/ 200 application/json: may now be anything',
  ],
)
test(
  'a header that may be missing now, and another type of body',
  breaks,
  {
    responses: {
      404: {content},
      200: {content: {'text/html': {}}, headers: {ETag: {schema: text}, Age: {schema: text}}},
    },
  },
  ['M0 /a/ 200 header ETag: may be missing now', 'M0 /a/ 200 application/json: is gone'],
)

test('a path and an operation that are gone break, new ones do not', (t) => {
  t.deepEqual(compareDocuments(api(operation), api(operation, operation)), [])
  t.deepEqual(compareDocuments(api(operation, operation), api(operation)), ['M1 /a/: is gone'])
  t.deepEqual(compareDocuments(api(operation), {...api(), paths: {}}), ['M0 /a/: is gone'])
  t.deepEqual(compareDocuments({...api(), paths: {}}, api(operation)), [])
})
