import type {Request} from 'express'
import {z} from 'zod'

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

/** For answers with an entity tag; see tagged-json.ts. */
export const IfNoneMatch = z.object({
  'If-None-Match': z.string().optional().meta({description: 'The `ETag` of a response that the client already has.'}),
})

const Tag = z.object({ETag: z.string().meta({description: 'Identifies this version of the response.'})})

export const taggedHeaders = Tag.extend({'Cache-Control': z.literal('no-cache')})

export const notModified = {description: 'The client already has this version of the response.', headers: taggedHeaders}

export const noStoreHeaders = z.object({'Cache-Control': z.literal('private, no-store')})
