/** The first bytes of a kind of file that cannot be loaded, what it is, and what to do. */
type ForeignFile = {at?: number; bytes: number[] | string; what: string; advice: string}

const dumpdata = 'dump the old shop with: manage.py dumpdata --format json'
const asCsv = 'save it as CSV UTF-8'

const foreign: ForeignFile[] = [
  {bytes: 'BZh', what: 'is compressed with bzip2', advice: unpackWith('bzip2 -dc')},
  {bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], what: 'is compressed with xz', advice: unpackWith('xz -dc')},
  {bytes: [0x5d, 0, 0], what: 'is compressed with lzma', advice: unpackWith('xz -dc')},
  {bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'is compressed with zstd', advice: unpackWith('zstd -dc')},
  {bytes: [0x04, 0x22, 0x4d, 0x18], what: 'is compressed with lz4', advice: unpackWith('lz4 -dc')},
  {bytes: [0x1f, 0x9d], what: 'is compressed with compress', advice: unpackWith('gzip -dc')},
  {bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], what: 'is a 7-Zip archive', advice: unpackWith('7z x -so')},
  {bytes: 'Rar!\u001a\u0007', what: 'is a RAR archive', advice: 'extract the file in it first'},
  {bytes: 'ustar', at: 257, what: 'is a tar archive', advice: 'extract it first: tar -xf FILE'},
  {bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1], what: 'is an old Excel workbook or another Office file', advice: asCsv},
  {bytes: '%PDF-', what: 'is a PDF', advice: 'it must be JSON or CSV'},
  {bytes: 'SQLite format 3\u0000', what: 'is an SQLite database', advice: dumpdata},
  {bytes: 'PGDMP', what: "is a dump of PostgreSQL's pg_dump", advice: `restore it, and ${dumpdata}`},
]

function unpackWith(command: string): string {
  return `unpack it first: ${command} FILE | shop load-fixture -`
}

/** The number of bytes that tell what a file is. */
export const signatureLength = 262

/** Says what the file is and what to do, if its first bytes are those of a kind that the shop cannot load. */
export function describeForeign(head: Uint8Array): string | undefined {
  const found = foreign.find(({bytes, at = 0}) => beginsWith(head.subarray(at), bytes))
  return found && `${found.what}; ${found.advice}`
}

export function beginsWith(head: Uint8Array, bytes: readonly number[] | string): boolean {
  const expected = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  return head.length >= expected.length && expected.every((byte: number, index: number) => head[index] === byte)
}
