import {pipeline, Readable} from 'node:stream'
import {createGunzip} from 'node:zlib'

import {InvalidFixtureError} from '../../../../errors.ts'

/** Throws InvalidFixtureError if the gzip data is damaged. */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const unzipped = createGunzip()
  // The reader of `unzipped` gets the error.
  pipeline(Readable.from(chunks), unzipped, () => undefined)
  try {
    for await (const chunk of unzipped as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    throw explainZlib(error, 'gzip')
  }
}

/** An error of zlib in words; any other as it is. */
export function explainZlib(error: unknown, kind: 'gzip' | 'zip'): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!code.startsWith('Z_')) return error
  const reason = code === 'Z_BUF_ERROR' ? `the ${kind} file ends too early` : `the ${kind} file is damaged`
  return new InvalidFixtureError([{record: 'the file', reason}], {cause: error})
}
