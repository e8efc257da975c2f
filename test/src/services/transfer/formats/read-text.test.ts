import bcrypt from 'bcryptjs'
import test from 'ava'

import {InvalidFixtureError} from '../../../../../src/errors.ts'
import type {Encoding} from '../../../../../src/services/transfer/encodings.ts'
import {readText} from '../../../../../src/services/transfer/formats/read-text.ts'
import {loadFixture} from '../../../../../src/services/transfer/load.ts'
import {createDatabase} from '../../../../helpers/database.ts'

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield await Promise.resolve(content.subarray(at, at + size))
}

async function decode(content: Uint8Array, size: number, encoding?: Encoding): Promise<string> {
  let text = ''
  for await (const piece of readText(inPieces(content, size), encoding)) text += piece
  return text
}

const csv = 'name;price;stock\r\nCrème brûlée 😀;2,50;5\r\n'
const latin = 'name;price;stock\r\nCrème brûlée;2,50;5\r\n'

const wide = (text: string) => Buffer.from(text, 'utf16le')

const reads = test.macro<[content: Buffer, text: string, encoding?: Encoding]>({
  async exec(t, content, text, encoding) {
    for (const size of [1, 3, 1000]) t.is(await decode(content, size, encoding), text)
  },
  title: (title = '') => `reads ${title}, in pieces of any size`,
})

test('UTF-8', reads, Buffer.from(csv), csv)
test('UTF-8 with a byte order mark', reads, Buffer.from(`\uFEFF${csv}`), csv)
test('UTF-16 with a byte order mark', reads, wide(`\uFEFF${csv}`), csv)
test('UTF-16 with the bytes swapped', reads, wide(`\uFEFF${csv}`).swap16(), csv)
test('UTF-16 without a byte order mark, if it is given', reads, wide(csv), csv, 'utf-16le')
test('Windows-1252, if it is given', reads, Buffer.from(latin, 'latin1'), latin, 'windows-1252')
test('the euro sign of Windows-1252', reads, Buffer.from([0x80]), '€', 'windows-1252')
test('a byte order mark before the given encoding', reads, Buffer.from(`\uFEFF${csv}`), csv, 'windows-1252')
test('a text shorter than a byte order mark', reads, Buffer.from('[]'), '[]')

const refuses = test.macro<[content: Buffer, record: string, reason: RegExp, encoding?: Encoding]>({
  async exec(t, content, record, reason, encoding) {
    for (const size of [1, 3, 1000]) {
      const {problems} = await t.throwsAsync(decode(content, size, encoding), {instanceOf: InvalidFixtureError})
      t.is(problems[0]?.record, record)
      t.regex(problems[0]?.reason ?? '', reason)
    }
  },
  title: (title = '') => `refuses ${title}`,
})

test(
  'other encodings, and says where the text stops to be UTF-8',
  refuses,
  Buffer.from(latin, 'latin1'),
  'line 2',
  /not UTF-8 ?.*CSV UTF-8.*--encoding windows-1252/,
)
test('UTF-16 without a byte order mark', refuses, wide(csv), 'line 1', /UTF-16 without.*--encoding utf-16le/)
test('the same with the bytes swapped', refuses, wide(csv).swap16(), 'line 1', /--encoding utf-16be/)
test('UTF-16 that ends within a character', refuses, wide(`\uFEFF${csv}`).subarray(0, -1), 'line 2', /not UTF-16LE/)
test('UTF-32', refuses, Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]), 'line 1', /UTF-32; save the file as UTF-8/)
test('UTF-32 with the bytes swapped', refuses, Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b]), 'line 1', /UTF-32/)
test('NUL bytes', refuses, Buffer.alloc(10_000), 'line 1', /NUL bytes/)
test('a byte order mark alone', refuses, Buffer.from('\uFEFF'), 'line 1', /empty/)

test('a file in Windows-1252 loads with its letters', async (t) => {
  const {db} = await createDatabase(t)
  await loadFixture(db, bcrypt, Buffer.from(latin, 'latin1'), {currency: 'USD', encoding: 'windows-1252'})
  t.deepEqual(await db('products').pluck('name'), ['Crème brûlée'])
})
