import {InvalidFixtureError} from '../../../../errors.ts'
import {ByteSource} from './byte-source.ts'
import {gunzip} from './gunzip.ts'
import {beginsWith, describeForeign, signatureLength} from './signatures.ts'
import {unzip} from './unzip.ts'

/** A fixture, whole or as a stream. */
export type FixtureContent = AsyncIterable<Uint8Array> | Uint8Array | string

/**
 * The file's bytes, unpacked if they are gzip or a zip file with one file in it. Throws InvalidFixtureError if the packed data
 * is damaged, or the file is of a kind that the shop cannot load, such as a workbook.
 */
export async function* readBytes(
  content: FixtureContent,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  const source = new ByteSource(toChunks(content, onRead))
  try {
    const unpacked = await unpack(source)
    if (unpacked === undefined) {
      yield* source.rest()
      return
    }
    const inner = new ByteSource(unpacked)
    try {
      if ((await unpack(inner)) !== undefined) refuse('is packed twice; unpack it once yourself')
      yield* inner.rest()
    } finally {
      await inner.close()
    }
  } finally {
    await source.close()
  }
}

/** What the bytes unpack to, or undefined if they are not packed. */
async function unpack(source: ByteSource): Promise<AsyncIterable<Uint8Array> | undefined> {
  const head = await source.peek(signatureLength)
  const foreign = describeForeign(head)
  if (foreign !== undefined) refuse(foreign)
  if (beginsWith(head, [0x1f, 0x8b])) return gunzip(source.rest())
  return beginsWith(head, 'PK\u0003\u0004') || beginsWith(head, 'PK\u0005\u0006') ? unzip(source) : undefined
}

function refuse(reason: string): never {
  throw new InvalidFixtureError([{record: 'the file', reason}])
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
