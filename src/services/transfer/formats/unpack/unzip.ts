import {crc32, createInflateRaw} from 'node:zlib'

import {InvalidFixtureError} from '../../../../errors.ts'
import type {ByteSource} from './byte-source.ts'
import {explainZlib} from './gunzip.ts'
import {beginsWith} from './signatures.ts'

const fileHeader = 'PK\u0003\u0004'
const descriptorHeader = 'PK\u0007\u0008'

/** Lengths of the fixed parts: of a file's header, and of what follows its data, with short and with long sizes. */
const headerLength = 30
const descriptorLengths = [12, 20]

const isEncrypted = 1
const hasDescriptor = 8

const stored = 0
const deflated = 8

type Entry = {
  name: string
  method: number
  /** Undefined if it comes after the data, as when a program zips its standard input. */
  crc: number | undefined
  packedSize: number | undefined
}

/**
 * The one file in a zip file. Folders, and what macOS adds, do not count. Reads the entries one after the other, since
 * the list of them is at the end. Throws InvalidFixtureError if there is another file, or if the data is damaged.
 */
export async function* unzip(source: ByteSource): AsyncGenerator<Uint8Array, void> {
  let found: Entry | undefined
  for (let entry = await readHeader(source); entry !== undefined; entry = await readHeader(source)) {
    if (isIgnored(entry)) {
      await discard(readEntry(source, entry))
    } else if (found === undefined) {
      refuseWorkbook(entry)
      found = entry
      yield* readEntry(source, entry)
    } else {
      refuse(`the zip file has more than one file, "${found.name}" and "${entry.name}"; extract the one to load`)
    }
  }
  if (found === undefined) refuse('the zip file has no file in it')
  // Whoever writes the file waits until all of it is read.
  await discard(source.rest())
}

async function discard(chunks: AsyncGenerator<Uint8Array, void>): Promise<void> {
  while ((await chunks.next()).done !== true);
}

function isIgnored({name}: Entry): boolean {
  return name.endsWith('/') || name.startsWith('__MACOSX/') || /(?:^|\/)\.DS_Store$/.test(name)
}

function refuseWorkbook({name}: Entry): void {
  const advice = 'save it as CSV UTF-8'
  if (name === 'mimetype') refuse(`is a spreadsheet of LibreOffice or another OpenDocument file; ${advice}`)
  if (/^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|xl\/)/.test(name)) {
    refuse(`is an Excel workbook or another Office file; ${advice}`)
  }
  if (/^Index(?:\/|\.zip)/.test(name)) refuse('is a spreadsheet of Numbers; export it as CSV')
}

/** The next entry's header, or undefined after the last entry. */
async function readHeader(source: ByteSource): Promise<Entry | undefined> {
  if (!beginsWith(await source.peek(4), fileHeader)) {
    if (!beginsWith(await source.peek(2), 'PK')) refuse('the zip file ends too early')
    return undefined
  }
  const header = await takeAll(source, headerLength)
  const flags = header.readUInt16LE(6)
  const method = header.readUInt16LE(8)
  const name = (await takeAll(source, header.readUInt16LE(26))).toString('utf8').slice(0, 200)
  await takeAll(source, header.readUInt16LE(28))
  if ((flags & isEncrypted) !== 0) refuse('the zip file has a password; extract the file in it first')
  if (method !== stored && method !== deflated)
    refuse('the zip file is packed in a rare way; extract the file in it first')
  const isKnown = (flags & hasDescriptor) === 0
  const packedSize = header.readUInt32LE(18)
  // A size of 4 GB or more is elsewhere.
  if (method === stored && (!isKnown || packedSize === 0xffffffff)) {
    refuse('the zip file does not tell the size of the file in it; extract that first')
  }
  return {
    name,
    method,
    ...(isKnown ? {crc: header.readUInt32LE(14), packedSize} : {crc: undefined, packedSize: undefined}),
  }
}

async function* readEntry(source: ByteSource, entry: Entry): AsyncGenerator<Uint8Array, void> {
  let sum = 0
  const data = entry.method === stored ? takeStored(source, entry.packedSize ?? 0) : inflate(source)
  for await (const chunk of data) {
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (sum !== (entry.crc ?? (await readDescriptor(source)))) refuse('the zip file is damaged')
}

async function* takeStored(source: ByteSource, size: number): AsyncGenerator<Uint8Array, void> {
  for (let left = size; left > 0;) {
    const part = await source.takeUpTo(left)
    if (part === undefined) refuse('the zip file ends too early')
    left -= part.length
    yield part
  }
}

/** Inflates until the data says that it ends, and puts back what was read beyond. */
async function* inflate(source: ByteSource): AsyncGenerator<Uint8Array, void> {
  const inflated = createInflateRaw()
  const feed = async (): Promise<void> => {
    let written = 0
    while (!inflated.readableEnded && !inflated.destroyed) {
      const chunk = await source.next()
      if (chunk === undefined) break
      written += chunk.length
      await new Promise<void>((resolve, reject) => {
        inflated.write(chunk, (error) => {
          if (error) reject(error)
          else resolve()
        })
      })
      if (inflated.bytesWritten === written) continue
      source.putBack(chunk.subarray(chunk.length - (written - inflated.bytesWritten)))
      break
    }
    inflated.end()
  }
  // The reader below gets the error.
  const fed = feed().catch((error: unknown) => {
    inflated.destroy(error as Error)
  })
  try {
    for await (const chunk of inflated as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    throw explainZlib(error, 'zip')
  }
  await fed
}

/** The checksum that follows data of unknown length. The sizes in it may be short or long; another header tells. */
async function readDescriptor(source: ByteSource): Promise<number> {
  if (beginsWith(await source.peek(4), descriptorHeader)) await source.skip(4)
  const ahead = Buffer.from(await source.peek(Math.max(...descriptorLengths) + 2))
  const length = descriptorLengths.find((at) => beginsWith(ahead.subarray(at), 'PK'))
  if (length === undefined) refuse('the zip file is damaged')
  await source.skip(length)
  return ahead.readUInt32LE(0)
}

async function takeAll(source: ByteSource, count: number): Promise<Buffer> {
  return (await source.take(count)) ?? refuse('the zip file ends too early')
}

function refuse(reason: string): never {
  throw new InvalidFixtureError([{record: 'the file', reason}])
}
