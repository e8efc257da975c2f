import {compareSchemas, type Direction} from './compare-schemas.ts'
import type {Answer, ApiDocument, Content, Operation, Parameter, Schema} from './document.ts'

type Change<Part> = {before: Part; after: Part}

/**
 * Lists the changes that break clients of the old document, one text for each place. New paths, operations, optional
 * parameters and members, refusals and codes break nothing.
 */
export function compareDocuments(before: ApiDocument, after: ApiDocument): string[] {
  const compare: CompareSchemas = (schemas, direction, where) =>
    compareSchemas(
      {schema: schemas.before ?? {}, document: before},
      {schema: schemas.after ?? {}, document: after},
      direction,
      where,
    )
  return Object.entries(before.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const where = `${method.toUpperCase()} ${path}`
      const now = after.paths[path]?.[method]
      return now ? compareOperations({before: operation, after: now}, where, compare) : [`${where}: was removed`]
    }),
  )
}

type CompareSchemas = (schemas: Change<Schema | undefined>, direction: Direction, where: string) => string[]

function compareOperations({before, after}: Change<Operation>, where: string, compare: CompareSchemas): string[] {
  const isRenamed = before.operationId !== after.operationId
  return [
    ...(isRenamed ? [`${where}: the operationId was ${before.operationId ?? 'none'}`] : []),
    ...compareSecurity({before, after}, where),
    ...compareParameters({before, after}, where, compare),
    ...compareBodies({before, after}, where, compare),
    ...compareAnswers({before, after}, where, compare),
  ]
}

/** A request that was authorized by some of the schemes must still be. */
function compareSecurity({before, after}: Change<Operation>, where: string): string[] {
  const options = (operation: Operation) =>
    operation.security?.length ? operation.security.map((option) => Object.keys(option)) : [[]]
  return options(before)
    .filter((had) => !options(after).some((needed) => needed.every((scheme) => had.includes(scheme))))
    .map((had) => `${where}: no longer accepts ${had.join(' and ') || 'requests without a token'}`)
}

function compareParameters({before, after}: Change<Operation>, where: string, compare: CompareSchemas): string[] {
  const find = ({parameters = []}: Operation, one: Parameter) =>
    parameters.find((parameter) => parameter.in === one.in && parameter.name === one.name)
  const nowRequired = (after.parameters ?? []).filter(
    (parameter) => parameter.required && !find(before, parameter)?.required,
  )
  return [
    ...nowRequired.map((parameter) => `${where} ${parameter.in} ${parameter.name}: is now required`),
    ...(before.parameters ?? []).flatMap((parameter) => {
      const place = `${where} ${parameter.in} ${parameter.name}`
      const now = find(after, parameter)
      return now ? compare({before: parameter.schema, after: now.schema}, 'request', place) : [`${place}: was removed`]
    }),
  ]
}

function compareBodies({before, after}: Change<Operation>, where: string, compare: CompareSchemas): string[] {
  const place = `${where} body`
  const isRequired = after.requestBody?.required === true && before.requestBody?.required !== true
  return [
    ...(isRequired ? [`${place}: is now required`] : []),
    ...compareContents(
      {before: before.requestBody?.content, after: after.requestBody?.content},
      'request',
      place,
      compare,
    ),
  ]
}

function compareAnswers({before, after}: Change<Operation>, where: string, compare: CompareSchemas): string[] {
  const isSuccess = (status: string) => status.startsWith('2')
  const others = Object.keys(after.responses).filter((status) => isSuccess(status) && !before.responses[status])
  return [
    ...others.map((status) => `${where} ${status}: is a new success status`),
    ...Object.entries(before.responses).flatMap(([status, answer]) => {
      const place = `${where} ${status}`
      const now = after.responses[status]
      if (!now) return [`${place}: was removed`]
      return [
        ...compareHeaders({before: answer, after: now}, place, compare),
        ...compareContents({before: answer.content, after: now.content}, 'answer', place, compare),
      ]
    }),
  ]
}

function compareHeaders({before, after}: Change<Answer>, where: string, compare: CompareSchemas): string[] {
  return Object.entries(before.headers ?? {}).flatMap(([name, header]) => {
    const place = `${where} header ${name}`
    const now = after.headers?.[name]
    if (!now) return [`${place}: was removed`]
    return [
      ...(header.required && !now.required ? [`${place}: may now be missing`] : []),
      ...compare({before: header.schema, after: now.schema}, 'answer', place),
    ]
  })
}

function compareContents(
  {before = {}, after = {}}: Change<Content | undefined>,
  direction: Direction,
  where: string,
  compare: CompareSchemas,
): string[] {
  return Object.entries(before).flatMap(([type, {schema}]) => {
    const place = `${where} ${type}`
    const now = after[type]
    return now ? compare({before: schema, after: now.schema}, direction, place) : [`${place}: was removed`]
  })
}
