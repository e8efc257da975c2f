import type {Request} from 'express'
import {z} from 'zod'

/** What several operations take and answer in their addresses and headers. */

export const IdPath = z.object({
  id: z
    .int()
    .nonnegative()
    .meta({examples: [6]}),
})

/** Beyond the safe integers there is nothing: undefined. */
export function readId(request: Request): number | undefined {
  const id = Number(request.params.id)
  return Number.isSafeInteger(id) ? id : undefined
}

/** Of answers that have a tag; see tagged-json.ts. */
export const IfNoneMatch = z.object({
  'If-None-Match': z.string().optional().meta({description: 'The `ETag` of an answer that the client has.'}),
})

const Tag = z.object({ETag: z.string().meta({description: 'Of these very bytes.'})})

export const taggedHeaders = Tag.extend({'Cache-Control': z.literal('no-cache')})

export const notModified = {description: 'The client has these very bytes.', headers: taggedHeaders}

export const privateHeaders = z.object({'Cache-Control': z.literal('private, no-store')})
