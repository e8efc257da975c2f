import {readFile, writeFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'

import openapiTypeScript, {astToString, type OpenAPI3} from 'openapi-typescript'
import ts from 'typescript'

import type {ApiDocument} from './openapi/document.ts'
import {describeCurrentApi, mapProblems} from './openapi/read-document.ts'

// Generates the client's types from the description of the API. With --check it fails if the file differs from them.

const file = fileURLToPath(new URL('../../client/schema.ts', import.meta.url))

const header = '// Generated from the description of the API by `npm run client:generate`. Do not edit.\n\n'

const generated = header + (await generateTypes(describeCurrentApi()))
if (!process.argv.includes('--check')) await writeFile(file, generated)
else if ((await readFile(file, 'utf8')) !== generated) {
  process.stderr.write('client/schema.ts differs from the description of the API. Run `npm run client:generate`.\n')
  process.exitCode = 1
}

async function generateTypes(document: ApiDocument): Promise<string> {
  // TypeScript requires every named member, such as `detail`, to match the index signature, so it must be `unknown`.
  const open = mapProblems(document, ({additionalProperties, ...schema}) =>
    additionalProperties === undefined ? schema : {...schema, additionalProperties: true},
  )
  const nodes = await openapiTypeScript(open as unknown as OpenAPI3, {
    // A member cannot refer to its own type through the interface that contains it, so this is a recursive alias.
    inject: 'export type FieldErrors = string[] | FieldErrors[] | {[field: string]: FieldErrors}\n',
    transform: (_schema, {path}) =>
      path === '#/components/schemas/FieldErrors' ? ts.factory.createTypeReferenceNode('FieldErrors') : undefined,
  })
  return astToString(nodes)
}
