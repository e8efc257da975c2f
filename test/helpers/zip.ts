import {crc32, deflateRawSync} from 'node:zlib'

type ZipEntry = {
  name: string
  content: Buffer | string
  /** Not compressed. */
  isStored?: boolean
  /** The sizes come after the data, as from a program that zips its standard input; as long numbers, if they are. */
  descriptor?: 'long' | 'short' | 'unsigned'
  flags?: number
  method?: number
  crc?: number
}

/** A zip file, with an end that has no list of the entries: the shop does not read it. */
export function zip(...entries: ZipEntry[]): Buffer {
  return Buffer.concat([...entries.map(toEntry), Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)])
}

function toEntry({name, content, isStored = false, descriptor, flags = 0, method, crc}: ZipEntry): Buffer {
  const bytes = Buffer.from(content)
  const data = isStored ? bytes : deflateRawSync(bytes)
  const sum = crc ?? crc32(bytes)
  const header = Buffer.alloc(30)
  header.write('PK\u0003\u0004', 'latin1')
  header.writeUInt16LE(flags | (descriptor === undefined ? 0 : 8), 6)
  header.writeUInt16LE(method ?? (isStored ? 0 : 8), 8)
  if (descriptor === undefined) {
    header.writeUInt32LE(sum, 14)
    header.writeUInt32LE(data.length, 18)
    header.writeUInt32LE(bytes.length, 22)
  }
  header.writeUInt16LE(Buffer.byteLength(name), 26)
  header.writeUInt16LE(3, 28)
  const extra = Buffer.from('abc')
  return Buffer.concat([header, Buffer.from(name), extra, data, ...describe(descriptor, sum, data.length)])
}

function describe(kind: ZipEntry['descriptor'], crc: number, size: number): Buffer[] {
  if (kind === undefined) return []
  const numbers = Buffer.alloc(kind === 'long' ? 20 : 12)
  numbers.writeUInt32LE(crc, 0)
  numbers.writeUInt32LE(size, 4)
  return kind === 'unsigned' ? [numbers] : [Buffer.from('PK\u0007\u0008', 'latin1'), numbers]
}
