import {readFile, writeFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'

import openapiTypeScript, {astToString, type OpenAPI3} from 'openapi-typescript'
import ts from 'typescript'

import type {ApiDocument} from './openapi/document.ts'
import {describeCurrentApi, mapProblems} from './openapi/read-document.ts'

// Generates the client's types from the API description. With --check it only reports whether they are up to date.

const file = fileURLToPath(new URL('../../client/schema.ts', import.meta.url))

const header = '// Generated from the description of the API by `npm run client:generate`. Do not edit.\n\n'

const generated = header + (await generateTypes(describeCurrentApi()))
if (!process.argv.includes('--check')) await writeFile(file, generated)
else if ((await readFile(file, 'utf8')) !== generated) {
  process.stderr.write('client/schema.ts does not match the API description. Run `npm run client:generate`.\n')
  process.exitCode = 1
}

async function generateTypes(document: ApiDocument): Promise<string> {
  // With a narrower index signature, TypeScript would require the same type of `detail`.
  const open = mapProblems(document, ({additionalProperties, ...schema}) =>
    additionalProperties === undefined ? schema : {...schema, additionalProperties: true},
  )
  const nodes = await openapiTypeScript(open as unknown as OpenAPI3, {
    // A member of an interface cannot refer to its own type recursively, but a type alias can.
    inject: 'export type FieldErrors = string[] | FieldErrors[] | {[field: string]: FieldErrors}\n',
    transform: (_schema, {path}) =>
      path === '#/components/schemas/FieldErrors' ? ts.factory.createTypeReferenceNode('FieldErrors') : undefined,
  })
  return astToString(nodes)
}
