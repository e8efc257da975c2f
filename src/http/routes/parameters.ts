import type {Request} from 'express'
import {z} from 'zod'

import {maxLength} from '../../text.ts'
import {InvalidIdempotencyKeyError} from '../problems/http-errors.ts'

// Parameters and headers that several operations share.

export const IdPath = z.object({
  id: z
    .int()
    .nonnegative()
    .meta({examples: [6]}),
})

/** Returns undefined for an id beyond the safe integers, which nothing can have. */
export function readId(request: Request): number | undefined {
  const id = Number(request.params.id)
  return Number.isSafeInteger(id) ? id : undefined
}

/** The header of a request that is made once, however often it is sent. */
export function idempotencyKey({description, example}: {description: string; example: string}): z.ZodObject {
  const key = z.string().min(1).max(maxLength.idempotencyKey)
  return z.object({'Idempotency-Key': key.optional().meta({description, examples: [example]})})
}

export function readIdempotencyKey(request: Request): {idempotencyKey?: string} {
  const key = request.get('idempotency-key')
  if (key === undefined) return {}
  if (key.length < 1 || key.length > maxLength.idempotencyKey) throw new InvalidIdempotencyKeyError()
  return {idempotencyKey: key}
}

/** Present if an earlier request did what this one asks for. */
export function idempotentReplayed(description: string): z.ZodObject {
  return z.object({'Idempotent-Replayed': z.literal('true').optional().meta({description})})
}

/** For answers with an entity tag; see tagged-json.ts. */
export const IfNoneMatch = z.object({
  'If-None-Match': z.string().optional().meta({description: 'The `ETag` of a response that the client already has.'}),
})

const Tag = z.object({ETag: z.string().meta({description: 'Identifies this version of the response.'})})

export const taggedHeaders = Tag.extend({'Cache-Control': z.literal('no-cache')})

export const notModified = {description: 'The client already has this version of the response.', headers: taggedHeaders}

export const noStoreHeaders = z.object({'Cache-Control': z.literal('private, no-store')})
