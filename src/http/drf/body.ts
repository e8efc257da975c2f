import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {MIMEType, promisify} from 'node:util'

import {Busboy} from '@fastify/busboy'
import express, {type Request, type RequestHandler, type Response} from 'express'

import {describeJsonError} from './json-error.ts'
import {ParseError, UnsupportedMediaTypeError} from '../problems/http-errors.ts'

/** The body of a request: any JSON value, or the fields of a form. */
export type Body = {kind: 'json'; value: unknown} | {kind: 'form'; fields: URLSearchParams}

const bodyLimit = 1_000_000

const readBytes = promisify<Request, Response>(express.raw({type: () => true, limit: bodyLimit}) as RequestHandler)

/** Reads JSON, URL-encoded and multipart bodies. An empty body of any type is an empty object. */
export async function readBody(request: Request, response: Response): Promise<Body> {
  await readBytes(request, response)
  const bytes: unknown = request.body
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return {kind: 'json', value: {}}

  const contentType = request.headers['content-type'] ?? ''
  const type = parseMediaType(contentType)
  switch (type?.essence) {
    case 'application/json':
      return {kind: 'json', value: parseJson(decode(bytes, type.params.get('charset')))}
    case 'application/x-www-form-urlencoded':
      return {kind: 'form', fields: new URLSearchParams(decode(bytes, type.params.get('charset')))}
    case 'multipart/form-data':
      return {kind: 'form', fields: await parseMultipart(bytes, contentType)}
    default:
      throw new UnsupportedMediaTypeError(`Unsupported media type "${contentType}" in request.`)
  }
}

function parseMediaType(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

function decode(bytes: Buffer, charset: string | null): string {
  let decoder
  try {
    decoder = new TextDecoder(charset ?? 'utf-8', {fatal: true})
  } catch {
    throw new UnsupportedMediaTypeError(`Unsupported charset "${charset ?? ''}" in request.`)
  }
  try {
    return decoder.decode(bytes)
  } catch {
    throw new ParseError(`JSON parse error - the body is not valid ${decoder.encoding}.`)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ParseError(`JSON parse error - ${describeJsonError(text)}`)
  }
}

/** Ignores files: no form of the shop has any. */
async function parseMultipart(bytes: Buffer, contentType: string): Promise<URLSearchParams> {
  const fields = new URLSearchParams()
  try {
    const parser = new Busboy({headers: {'content-type': contentType}, limits: {fieldSize: bodyLimit}})
    parser.on('field', (name, value) => {
      fields.append(name, value)
    })
    parser.on('file', (_name, file) => file.resume())
    await pipeline(Readable.from([bytes]), parser)
    return fields
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ParseError(`Multipart form parse error - ${reason}`)
  }
}
