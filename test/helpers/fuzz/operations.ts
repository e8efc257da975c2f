import type {Api} from '../openapi.ts'
import type {Schema} from './values.ts'

export type Parameter = {
  in: 'header' | 'path' | 'query'
  name: string
  schema: Schema
  judge: (text: string) => Verdict
}

export type Content = {schema: Schema; examples: unknown[]; judge: (value: unknown) => Verdict}

export type DocumentedOperation = {
  id: string
  method: string
  path: string
  security: 'none' | 'optional' | 'required'
  parameters: Parameter[]
  /** By media type. */
  contents: Record<string, Content>
  /** Whether the body may be missing. */
  isBodyOptional: boolean
}

/** Whether the document allows a request or a part of it. */
export type Verdict = 'invalid' | 'unclear' | 'valid'

export function allOf(verdicts: Verdict[]): Verdict {
  if (verdicts.includes('invalid')) return 'invalid'
  return verdicts.includes('unclear') ? 'unclear' : 'valid'
}

type RawOperation = {
  operationId: string
  security?: object[]
  parameters?: {in: Parameter['in']; name: string; schema: Schema}[]
  requestBody?: {
    required?: boolean
    content: Record<string, {schema: Schema; examples: Record<string, {value: unknown}>}>
  }
}

export function operationsOf({document, validateAt}: Api): DocumentedOperation[] {
  /** Undescribed members are allowed. */
  function judgeAt(pointer: string[], value: unknown): Verdict {
    return validateAt(pointer, value, {isOpen: true}).length === 0 ? 'valid' : 'invalid'
  }

  /** A parameter is a string; it may also be an integer if it spells one. */
  function judgeText(place: Parameter['in'], pointer: string[], text: string): Verdict {
    const spelling = place === 'path' ? /^\d+$/ : /^\s*[+-]?\d+(_\d+)*\s*(\.0*\s*)?$/
    const number = spelling.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
    if (!Number.isNaN(number) && judgeAt(pointer, number) === 'valid') return 'valid'
    return judgeAt(pointer, text)
  }

  function operationAt(path: string, method: string, raw: RawOperation): DocumentedOperation {
    const {operationId, security = [], parameters = [], requestBody} = raw
    const pointer = ['paths', path, method]
    return {
      id: operationId,
      method: method.toUpperCase(),
      path,
      security: (['none', 'required', 'optional'] as const)[security.length] ?? 'optional',
      parameters: parameters.map(({in: place, name, schema}, index) => ({
        in: place,
        name,
        schema: inline(document, schema),
        judge: (text) => judgeText(place, [...pointer, 'parameters', String(index), 'schema'], text),
      })),
      isBodyOptional: requestBody?.required !== true,
      contents: Object.fromEntries(
        Object.entries(requestBody?.content ?? {}).map(([type, {schema, examples}]) => [
          type,
          {
            schema: inline(document, schema),
            examples: Object.values(examples).map(({value}) => value),
            judge: (value: unknown) => judgeAt([...pointer, 'requestBody', 'content', type, 'schema'], value),
          },
        ]),
      ),
    }
  }

  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, RawOperation>).map(([method, raw]) => operationAt(path, method, raw)),
  )
}

/** Puts what a reference means in its place. Schemas of requests do not contain themselves. */
function inline(document: object, part: Schema): Schema {
  return JSON.parse(JSON.stringify(part), (_key, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || !('$ref' in value)) return value
    const names = String(value.$ref).replace('#/', '').split('/')
    const meant = names.reduce<unknown>((place, name) => (place as Record<string, unknown>)[name], document)
    return inline(document, meant as Schema)
  }) as Schema
}
