/** The part of OpenAPI 3.1 that the document uses. */
export type ApiDocument = {
  info: {version: string}
  paths: Record<string, Record<string, Operation>>
  components?: {schemas?: Record<string, Schema>}
}

export type Operation = {
  operationId?: string
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: {required?: boolean; content: Content}
  responses: Record<string, Answer>
}

export type Parameter = {in: string; name: string; required?: boolean; schema?: Schema}

export type Content = Record<string, {schema?: Schema}>

export type Answer = {content?: Content; headers?: Record<string, {required?: boolean; schema?: Schema}>}

export type Schema = {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  default?: unknown
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minItems?: number
  maxItems?: number
  minProperties?: number
  maxProperties?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  patternProperties?: Record<string, Schema>
  propertyNames?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
}
