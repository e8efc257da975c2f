import test from 'ava'
import pg from 'pg'

import {query} from '../../../src/db/query.ts'
import {typeParsers} from '../../../src/db/types.ts'
import {createDatabase} from '../../helpers/database.ts'

const {INT8, TIMESTAMPTZ} = pg.types.builtins

const reads = test.macro<[text: string, value: unknown, oid?: number]>({
  exec(t, text, value, oid = TIMESTAMPTZ) {
    t.is(typeParsers.getTypeParser(oid)(text), value)
  },
  title: (_, text, value) => `${text} is read as ${String(value)}`,
})

test(reads, '2024-04-18 19:07:52.95+00', '2024-04-18T19:07:52.950000Z')
test(reads, '2024-04-18 19:07:52+00', '2024-04-18T19:07:52.000000Z')
test(reads, '2024-04-18 19:07:52.000001+00', '2024-04-18T19:07:52.000001Z')
test(reads, '2024-04-19 00:37:52.123456+05:30', '2024-04-18T19:07:52.123456Z')
test(reads, '2024-12-31 20:00:00.999999-08', '2025-01-01T04:00:00.999999Z')
test(reads, '1900-01-01 00:19:32.5+00:19:32', '1900-01-01T00:00:00.500000Z')
test(reads, '1800-01-01 00:00:00-05:32:11', '1800-01-01T05:32:11.000000Z')
test(reads, 'infinity', 'infinity')
test(reads, '0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000000Z')
test(reads, '9007199254740991', Number.MAX_SAFE_INTEGER, INT8)
test(reads, '-9007199254740991', Number.MIN_SAFE_INTEGER, INT8)

const refuses = test.macro<[text: string, oid?: number]>({
  exec(t, text, oid = TIMESTAMPTZ) {
    const error = t.throws(() => typeParsers.getTypeParser(oid)(text), {instanceOf: RangeError})
    t.true(error.message.includes(text))
  },
  title: (_, text) => `${text} is refused`,
})

test(refuses, '0044-03-15 12:00:00+00 BC')
test(refuses, '9007199254740992', INT8)
test(refuses, '-9007199254740992', INT8)

test('a time is the same whatever time zone the connection has', async (t) => {
  const {db} = await createDatabase(t, {poolSize: 1})
  const readTime = async () => query(db, `select '2024-04-18T19:07:52.950001Z'::timestamptz as time`)

  for (const zone of ['UTC', 'Asia/Kolkata', 'America/Los_Angeles', 'Australia/Lord_Howe']) {
    await db.raw(`set time zone '${zone}'`)
    t.deepEqual(await readTime(), [{time: '2024-04-18T19:07:52.950001Z'}])
  }
})

test('other types are read as pg reads them', (t) => {
  t.is(typeParsers.getTypeParser(pg.types.builtins.INT4)('7'), 7)
  t.is(typeParsers.getTypeParser(pg.types.builtins.NUMERIC)('1.50'), '1.50')
  t.true(typeParsers.getTypeParser(pg.types.builtins.BOOL)('t'))
})
