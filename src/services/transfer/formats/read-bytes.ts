import {pipeline, Readable} from 'node:stream'
import {createGunzip} from 'node:zlib'

import {InvalidFixtureError} from '../../../errors.ts'

/** A fixture, whole or as a stream. */
export type FixtureContent = AsyncIterable<Uint8Array> | Uint8Array | string

/** The file's bytes, unpacked if the first two are those of gzip. Throws InvalidFixtureError if the gzip data is damaged. */
export async function* readBytes(
  content: FixtureContent,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  const chunks = peeked(toChunks(content, onRead))
  const {value: head} = await chunks.next()
  if (head === undefined) return
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(chunks)
  else yield* chunks
}

async function* toChunks(content: FixtureContent, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content)
  else if (content instanceof Uint8Array) yield content
  else {
    for await (const chunk of content) {
      onRead(chunk.length)
      yield chunk
    }
  }
}

/** Yields the first two bytes or more (fewer if the file is shorter), and then everything from the start. */
async function* peeked(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let head = Buffer.alloc(0)
  while (head.length < 2) {
    const next = await chunks.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  yield head
  yield head
  yield* chunks
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unzipped = createGunzip()
  // The reader of `unzipped` gets the error.
  pipeline(Readable.from(chunks), unzipped, () => undefined)
  try {
    for await (const chunk of unzipped as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!code.startsWith('Z_')) throw error
    const reason = code === 'Z_BUF_ERROR' ? 'the gzip file ends too early' : 'the gzip file is damaged'
    throw new InvalidFixtureError([{record: 'the file', reason}], {cause: error})
  }
}
