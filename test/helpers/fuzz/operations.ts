import {document, validateAt} from '../openapi.ts'
import type {Schema} from './values.ts'

export type Parameter = {in: 'header' | 'path' | 'query'; name: string; schema: Schema; pointer: string[]}

export type Content = {schema: Schema; examples: unknown[]; pointer: string[]}

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

/** Undescribed members are allowed. */
export function judgeValue(pointer: string[], value: unknown): Verdict {
  return validateAt(pointer, value, {isOpen: true}).length === 0 ? 'valid' : 'invalid'
}

/** A parameter is a string; it may also be an integer if it spells one. */
export function judgeText({in: place, pointer}: Parameter, text: string): Verdict {
  const spelling = place === 'path' ? /^\d+$/ : /^\s*[+-]?\d+(_\d+)*\s*(\.0*\s*)?$/
  const number = spelling.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
  if (!Number.isNaN(number) && judgeValue(pointer, number) === 'valid') return 'valid'
  return judgeValue(pointer, text)
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

export const operations: DocumentedOperation[] = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, RawOperation>).map(([method, raw]) => {
    const {operationId, security = [], parameters = [], requestBody} = raw
    const pointer = ['paths', path, method]
    return {
      id: operationId,
      method: method.toUpperCase(),
      path,
      security: (['none', 'required', 'optional'] as const)[security.length] ?? 'optional',
      parameters: parameters.map((parameter, index) => ({
        ...parameter,
        pointer: [...pointer, 'parameters', String(index), 'schema'],
      })),
      isBodyOptional: requestBody?.required !== true,
      contents: Object.fromEntries(
        Object.entries(requestBody?.content ?? {}).map(([type, {schema, examples}]) => [
          type,
          {
            schema,
            examples: Object.values(examples).map(({value}) => value),
            pointer: [...pointer, 'requestBody', 'content', type, 'schema'],
          },
        ]),
      ),
    }
  }),
)
