import {createHash} from 'node:crypto'

const checksumBytes = 6

/** JSON with a checksum, in characters that need no quoting in a shell or an address. */
export function encodeChecked(value: unknown): string {
  const content = Buffer.from(JSON.stringify(value))
  return Buffer.concat([checksum(content), content]).toString('base64url')
}

/**
 * Undefined for anything that `encodeChecked` did not make. The checksum detects accidental changes and truncation. It uses
 * no secret.
 */
export function decodeChecked(encoded: string): unknown {
  const bytes = Buffer.from(encoded, 'base64url')
  const content = bytes.subarray(checksumBytes)
  const isWhole = bytes.toString('base64url') === encoded && checksum(content).equals(bytes.subarray(0, checksumBytes))
  return isWhole ? parseJson(content.toString()) : undefined
}

function checksum(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest().subarray(0, checksumBytes)
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
