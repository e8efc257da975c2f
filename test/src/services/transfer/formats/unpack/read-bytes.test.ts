import {execFileSync} from 'node:child_process'
import {gzipSync} from 'node:zlib'

import test from 'ava'

import {InvalidFixtureError} from '../../../../../../src/errors.ts'
import {readBytes} from '../../../../../../src/services/transfer/formats/unpack/read-bytes.ts'
import {zip} from '../../../../../helpers/zip.ts'

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield await Promise.resolve(content.subarray(at, at + size))
}

async function unpack(content: Uint8Array, size = 65_536): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of readBytes(inPieces(content, size), () => undefined)) pieces.push(piece)
  return String(Buffer.concat(pieces))
}

const csv = `name,price,stock\n${Array.from({length: 300}, (_, n) => `Tea ${n},${n},1\n`).join('')}`
const file = {name: 'products.csv', content: csv}

const unpacks = test.macro<[Uint8Array]>({
  async exec(t, content) {
    for (const size of [1, 7, 1000, 65_536]) t.is(await unpack(content, size), csv)
  },
  title: (title = '') => `unpacks ${title}, in pieces of any size`,
})

test('plain text', unpacks, Buffer.from(csv))
test('gzip', unpacks, gzipSync(csv))
test('gzip in two parts', unpacks, Buffer.concat([gzipSync(csv.slice(0, 99)), gzipSync(csv.slice(99))]))
test('zip', unpacks, zip(file))
test('zip without compression', unpacks, zip({...file, isStored: true}))
for (const descriptor of ['short', 'long', 'unsigned'] as const) {
  test(`zip with ${descriptor} sizes behind the data`, unpacks, zip({...file, descriptor}))
}
test(
  'zip with folders and what macOS adds',
  unpacks,
  zip(
    {name: 'shop/', content: '', isStored: true},
    {name: 'shop/.DS_Store', content: 'x'},
    {...file, name: 'shop/products.csv'},
    {name: '__MACOSX/shop/._products.csv', content: 'attributes', descriptor: 'short'},
  ),
)

const refuses = test.macro<[Uint8Array, RegExp]>({
  async exec(t, content, reason) {
    for (const size of [1, 1000]) {
      const {problems} = await t.throwsAsync(unpack(content, size), {instanceOf: InvalidFixtureError})
      t.is(problems[0]?.record, 'the file')
      t.regex(problems[0]?.reason ?? '', reason)
    }
  },
  title: (title = '') => `refuses ${title}, and says what it is`,
})

test(
  'zip with two files',
  refuses,
  zip(file, {...file, name: 'b.csv'}),
  /more than one file, "products.csv" and "b.csv"/,
)
test('zip without a file', refuses, zip(), /no file in it/)
test('zip with a password', refuses, zip({...file, flags: 1}), /has a password/)
test('zip with another method', refuses, zip({...file, method: 12}), /packed in a rare way/)
test('stored zip without sizes', refuses, zip({...file, isStored: true, descriptor: 'short'}), /does not tell the size/)
test('zip that is damaged', refuses, zip({...file, crc: 1}), /zip file is damaged/)
test('stored zip that is damaged', refuses, zip({...file, isStored: true, crc: 1}), /zip file is damaged/)
test('zip with damaged data', refuses, zip(file).fill(0xff, 60, 90), /zip file is damaged/)
test('zip that ends in its header', refuses, zip(file).subarray(0, 20), /zip file ends too early/)
test('zip that ends in its data', refuses, zip(file).subarray(0, 200), /zip file ends too early/)
test('stored zip that ends in its data', refuses, zip({...file, isStored: true}).subarray(0, 99), /ends too early/)
test('zip that ends after its data', refuses, zip(file).subarray(0, -22), /zip file ends too early/)
test('an Excel workbook', refuses, zip({name: '[Content_Types].xml', content: '<x/>'}), /Excel.*CSV UTF-8/)
test('a spreadsheet of Numbers', refuses, zip({name: 'Index/Document.iwa', content: 'x'}), /Numbers; export it as CSV/)
test('an OpenDocument spreadsheet', refuses, zip({name: 'mimetype', content: 'x'}), /LibreOffice.*CSV UTF-8/)
test('gzip in gzip', refuses, gzipSync(gzipSync(csv)), /packed twice/)
test('zip in gzip', refuses, gzipSync(zip(file)), /packed twice/)
test('bzip2 in gzip', refuses, gzipSync('BZh91AY'), /bzip2/)

test('bzip2', refuses, Buffer.from('BZh91AY'), /compressed with bzip2; unpack it first: bzip2 -dc FILE \|/)
test('xz', refuses, Buffer.from('\xfd7zXZ\0', 'latin1'), /xz; unpack it first: xz -dc FILE \| shop load-fixture -/)
test('zstd', refuses, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1]), /zstd; unpack it first: zstd -dc FILE/)
test('lzma', refuses, Buffer.from([0x5d, 0, 0, 0x80, 0]), /lzma; unpack it first: xz -dc FILE/)
test('lz4', refuses, Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x64]), /lz4; unpack it first: lz4 -dc FILE/)
test('compress', refuses, Buffer.from([0x1f, 0x9d, 0x90]), /compress; unpack it first: gzip -dc FILE/)
test('RAR', refuses, Buffer.from('Rar!\x1a\x07\x01\0', 'latin1'), /RAR archive; extract/)
test('PDF', refuses, Buffer.from('%PDF-1.7\n'), /PDF; it must be JSON or CSV/)
test('7-Zip', refuses, Buffer.from("7z\xbc\xaf'\x1c", 'latin1'), /7-Zip/)
test('tar', refuses, Buffer.concat([Buffer.alloc(257, 97), Buffer.from('ustar\0')]), /tar archive/)
test('tar in gzip', refuses, gzipSync(Buffer.concat([Buffer.alloc(257, 97), Buffer.from('ustar')])), /tar archive/)
test('an old Excel workbook', refuses, Buffer.from('d0cf11e0a1b11ae1', 'hex'), /Excel.*CSV UTF-8/)
test('an SQLite database', refuses, Buffer.from('SQLite format 3\0'), /SQLite.*dumpdata/)
test('a dump of pg_dump', refuses, Buffer.from('PGDMP\u0001'), /pg_dump/)

function hasZip(): boolean {
  try {
    execFileSync('zip', ['-v'])
    return true
  } catch {
    return false
  }
}

const withZip = hasZip() ? test : test.skip
withZip('what the program zip packs is unpacked', async (t) => {
  const large = csv.repeat(50)
  t.is(await unpack(execFileSync('zip', ['-q', '-', '-'], {input: large})), large)
})

test('a zip file is read to its end, so that whoever writes it does not wait', async (t) => {
  let isTaken = false
  async function* content(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(zip(file))
    yield Buffer.alloc(100_000)
    isTaken = true
  }

  let text = ''
  for await (const chunk of readBytes(content(), () => undefined)) text += Buffer.from(chunk).toString()

  t.is(text, csv)
  t.true(isTaken)
})
