import {createHash} from 'node:crypto'

import {z} from 'zod'

import {InvalidBackupError, NewerBackupError} from '../../errors.ts'
import {parseTime} from '../../times.ts'

/*
 * A backup is compressed with gzip. Inside are frames: the length of a frame in four bytes, big-endian, and as many bytes.
 * The first frame is the header. Then, for each table of the header, follow frames with the rows in COPY's text format, and
 * an empty frame. The last frame is the trailer.
 */

export const currentFormat = {format: 'mattshop-backup', version: 1} as const

const Header = z.object({
  format: z.literal(currentFormat.format),
  version: z.int(),
  shop_version: z.string().regex(/^[\w.+-]{1,100}$/),
  created_at: z.string().refine((text) => parseTime(text) !== undefined),
  /** The names of the migrations that made the schema. */
  migrations: z.array(z.string()).min(1),
  tables: z.array(z.object({name: z.string(), columns: z.array(z.string()).min(1), rows: z.int()})),
  /** The identity columns, and where their sequences are. */
  sequences: z.array(
    z.object({table: z.string(), column: z.string(), last_value: z.int().min(1), is_called: z.boolean()}),
  ),
})

/** The SHA-256 of all frames before the trailer. */
const Trailer = z.object({sha256: z.string()})

export type BackupHeader = z.output<typeof Header>
export type BackupTable = BackupHeader['tables'][number]

/** Makes the frames of a backup. */
export class FrameWriter {
  readonly #hash = createHash('sha256')

  header(content: BackupHeader): Buffer {
    return this.frame(JSON.stringify(content))
  }

  frame(content: Buffer | string): Buffer {
    const bytes = Buffer.from(content)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    const frame = Buffer.concat([length, bytes])
    this.#hash.update(frame)
    return frame
  }

  trailer(): Buffer {
    const sha256 = this.#hash.copy().digest('hex')
    return this.frame(JSON.stringify({sha256} satisfies z.output<typeof Trailer>))
  }
}

/** More than any frame has, so that a damaged length does not fill the memory. */
const longestFrame = 64 * 1024 * 1024

/** Reads the frames of a backup. All methods throw InvalidBackupError if the backup is damaged. */
export class FrameReader {
  readonly #bytes: AsyncIterator<Uint8Array>
  readonly #hash = createHash('sha256')
  #buffer: Buffer = Buffer.alloc(0)

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes[Symbol.asyncIterator]()
  }

  /** Throws NewerBackupError for a later version of the format. */
  async header(): Promise<BackupHeader> {
    const content = await this.#frame().catch(() => undefined)
    const json = parseJson(content)
    const {format, version, shop_version: shop} = json as Partial<Record<string, unknown>>
    if (format === currentFormat.format && typeof version === 'number' && version > currentFormat.version) {
      throw new NewerBackupError(String(shop))
    }
    const header = Header.safeParse(json)
    if (!header.success) throw new InvalidBackupError('This is not a backup of the shop.', {cause: header.error})
    return header.data
  }

  /** The rows of the next table, in pieces. */
  async *rows(): AsyncGenerator<Buffer, void> {
    for (let piece = await this.#frame(); piece.length > 0; piece = await this.#frame()) yield piece
  }

  /** Reads to the end, and compares the checksum. */
  async trailer(): Promise<void> {
    const expected = this.#hash.copy().digest('hex')
    const trailer = Trailer.safeParse(parseJson(await this.#frame()))
    if (trailer.data?.sha256 !== expected) throw damaged('its checksum is wrong')
    if (!(await this.#bytes.next()).done || this.#buffer.length > 0) throw damaged('something follows its end')
  }

  async #frame(): Promise<Buffer> {
    const length = await this.#take(4)
    const size = length.readUInt32BE()
    if (size > longestFrame) throw damaged('a length in it is wrong')
    const content = await this.#take(size)
    this.#hash.update(length).update(content)
    return content
  }

  async #take(size: number): Promise<Buffer> {
    const pieces = [this.#buffer]
    let have = this.#buffer.length
    while (have < size) {
      const next = await this.#bytes.next()
      if (next.done) throw damaged('it ends too early')
      pieces.push(Buffer.from(next.value))
      have += next.value.length
    }
    const all = pieces.length === 1 ? this.#buffer : Buffer.concat(pieces)
    this.#buffer = all.subarray(size)
    return all.subarray(0, size)
  }
}

export function damaged(reason: string, cause?: unknown): InvalidBackupError {
  return new InvalidBackupError(`The backup is damaged: ${reason}.`, {cause})
}

/** An empty object for anything but an object in JSON. */
function parseJson(content: Buffer | undefined): object {
  try {
    const json: unknown = JSON.parse(String(content))
    return typeof json === 'object' && json !== null ? json : {}
  } catch {
    return {}
  }
}
