import bcrypt from 'bcryptjs'
import test from 'ava'

import {InvalidFixtureError} from '../../../../../../src/errors.ts'
import {loadFixture} from '../../../../../../src/services/transfer/load.ts'
import {createDatabase, shareDatabase} from '../../../../../helpers/database.ts'

const shared = shareDatabase(test)

type Row = {name: string; enabled: boolean; currency: string; amount: number; on_hand: number}

const row = (name: string, amount: number, on_hand: number, other: Partial<Row> = {}): Row => ({
  name,
  enabled: true,
  currency: 'USD',
  amount,
  on_hand,
  ...other,
})

const oat = row('Oat', 250, 5)

const reads = test.macro<[content: string, rows: Row[], currency?: string]>({
  async exec(t, content, rows, currency = 'USD') {
    const {db} = await createDatabase(t)
    await loadFixture(db, bcrypt, content, {currency})
    const loaded = await db('products')
      .join('product_prices', 'product_prices.product_id', 'products.id')
      .join('stock_levels', 'stock_levels.product_id', 'products.id')
      .orderBy('products.name')
      .select<Row[]>('name', 'enabled', 'currency', 'amount', 'on_hand')
    t.deepEqual(loaded, rows)
  },
  title: (title = '') => `reads ${title}`,
})

test('rows of separators', reads, 'name,price,stock\nOat,2.50,5\n,,\n , ,""\n\n', [oat])
test('blank rows before the header', reads, '\n,,\nname,price,stock\nOat,2.50,5\n', [oat])
test('lines that end in different ways', reads, 'name,price,stock\nOat,2.50,5\r\nRye,1,2\rSpelt,3,4\n\r\n', [
  oat,
  row('Rye', 100, 2),
  row('Spelt', 300, 4),
])
test('lines that end with CR alone', reads, 'name,price,stock\rOat,2.50,5\r', [oat])
test('columns and values without names or blanks', reads, ' Name ,"PRICE ",sTock,,\nOat,2.50,5,,\nRye,1,2,,,,\n', [
  oat,
  row('Rye', 100, 2),
])
test('a thousand columns without a name', reads, `name,price,stock${','.repeat(1000)}\nOat,2.50,5\n`, [oat])
test('rows without their last, optional fields', reads, 'name,price,stock,enabled,Effective From\nOat,2.50,5\n', [oat])
test('blanks around quotes and in them', reads, 'name , price,stock\n "Oat" , "2.50 " ," 5 "\n', [oat])
test('no-break spaces', reads, 'name,price,stock\n\u00a0Oat\u00a0,\u00a02.50,5\u202f\n', [oat])
test(
  'semicolons, decimal commas, a byte order mark and CR LF',
  reads,
  '\uFEFFname;price;stock\r\nOat;2,50;5\r\n;;\r\n',
  [oat],
)
test('tabs', reads, 'name\tprice\tstock\nOat\t2.50\t5\nTin 5" wide\t3\t1\n', [oat, row('Tin 5" wide', 300, 1)])
test('tabs with quotes and decimal commas', reads, '"name"\t"price"\t"stock"\n"Oat"\t2,50\t5\n', [oat])
test('bars', reads, 'name|price|stock\nOat|2.50|5\n', [oat])
test('a line sep=;', reads, 'sep=;\r\nname;price;stock\r\nOat;2.50;5\r\n', [oat])
test('a line sep= that names a tab', reads, 'sep=\t\nname\tprice\tstock\nOat\t2.50\t5\n', [oat])
test('a line "sep=," in quotes, behind a byte order mark', reads, '\uFEFF"sep=,"\nname,price,stock\nOat,2.50,5\n', [
  oat,
])
test('fractions of zero', reads, 'id,name,price,stock\n7.0,Oat,2.50,5.00\n', [oat])
test('a decimal comma between quotes', reads, 'name,price,stock\nOat,"2,50",5\n', [oat])
test('signs and codes of the currency', reads, 'name,price,stock\nA,$1,1\nB,2.50 usd,1\nC,USD 3,1\nD,"$4,25",1\n', [
  row('A', 100, 1),
  row('B', 250, 1),
  row('C', 300, 1),
  row('D', 425, 1),
])
test('signs of the currency in a column', reads, 'name;price;stock;currency\nA;4,25 €;1;eur\nB;€ 1;1;EUR\n', [
  row('A', 425, 1, {currency: 'EUR'}),
  row('B', 100, 1, {currency: 'EUR'}),
])
test(
  'signs of the default currency',
  reads,
  'name,price,stock\nA,£4.25,1\n',
  [row('A', 425, 1, {currency: 'GBP'})],
  'GBP',
)
test('thousandths', reads, 'name,price,stock,currency\nA,1.234,1,KWD\n', [row('A', 1234, 1, {currency: 'KWD'})])
test('thousandths after a comma', reads, 'name;price;stock;currency\nA;1,234;1;KWD\n', [
  row('A', 1234, 1, {currency: 'KWD'}),
])

for (const [enabled, spellings] of [
  [true, ['t', 'T', 'true', 'TRUE', 'True', 'y', 'yes', 'Yes', '1', '']],
  [false, ['f', 'F', 'false', 'FALSE', 'False', 'n', 'no', 'NO', '0', ' "f " ']],
] as const) {
  const lines = spellings.map((spelling, n) => `P${n},1,1,${spelling}`)
  test(`${spellings.join(', ')} as ${enabled}`, reads, ['name,price,stock,enabled', ...lines].join('\n'), [
    ...spellings.map((_, n) => row(`P${n}`, 100, 1, {enabled})),
  ])
}

const refuses = test.macro<[content: string, record: string, reason: RegExp, currency?: string]>({
  async exec(t, content, record, reason, currency = 'USD') {
    const load = loadFixture(shared().db, bcrypt, content, {currency, dryRun: true})
    const {problems} = await t.throwsAsync(load, {instanceOf: InvalidFixtureError})
    t.is(problems.length, 1)
    t.is(problems[0]?.record, record)
    t.regex(problems[0]?.reason ?? '', reason)
  },
  title: (title = '') => `refuses ${title}`,
})

const priced = (price: string) => `name;price;stock\nOat;${price};1\n`

test('a thousands separator', refuses, 'name,price,stock\nOat,"1,234.50",1\n', 'line 2', /thousands.* such as 1234\.50/)
test('a dot for thousands', refuses, priced('1.234,50'), 'line 2', /thousands separator.* such as 1234\.50/)
test('a blank for thousands', refuses, priced('1 234,50'), 'line 2', /thousands separator.* such as 1234\.50/)
test('an apostrophe for thousands', refuses, priced("1'234'567"), 'line 2', /thousands separator.* such as 1234567/)
test('a thousand or one with a dot', refuses, priced('1.000'), 'line 2', /thousands separator.* such as 1000/)
test('a thousand or one with a comma', refuses, priced('1,000'), 'line 2', /thousands separator/)
test('a thousand or one yen', refuses, priced('1,000'), 'line 2', /thousands separator/, 'JPY')
test('a thousand or one dinar', refuses, priced('1.000'), 'line 2', /thousands separator/, 'KWD')
test('three decimals after a comma', refuses, priced('1234,567'), 'line 2', /at most 2 decimals/)
test('a sign of another currency', refuses, priced('€4'), 'line 2', /does not agree with the currency USD/)
test('a code of another currency', refuses, priced('4.25 CAD'), 'line 2', /does not agree with the currency USD/)
test('two signs', refuses, priced('$4.25 USD'), 'line 2', /must be an amount in USD/)
test('a stock of thousands', refuses, 'name,price,stock\nOat,1,1.000\n', 'line 2', /stock must be.*thousands/)
test('a stock with a fraction', refuses, 'name,price,stock\nOat,1,1.5\n', 'line 2', /stock must be a whole number/)
test(
  'an id that lost digits',
  refuses,
  'id,name,price,stock\n1.2E+11,A,1,1\n',
  'line 2',
  /format the column as a number/,
)
test('booleans in German', refuses, 'name,price,stock,enabled\nOat,1,1,WAHR\n', 'line 2', /true or false, not "WAHR"/)
test('unknown columns', refuses, 'name,price,stock,colour\n', 'line 1', /unknown column "colour"/)
test('many unknown columns', refuses, `name,price,stock,${'x,y,z,'.repeat(2000)}a`, 'line 1', /more than 1000 columns/)
test('values in a column without a name', refuses, 'name,,price,stock\nA,b,1,1\n', 'line 2', /column 2.* no name/)
test('values beyond the header', refuses, 'name,price,stock\nA,1,1,,x\n', 'line 2', /5 fields, but the header has 3/)
test('a title above the header', refuses, 'Products,,\nname,price,stock\n', 'line 1', /none of the columns name, price/)
test('lines that are quoted as a whole', refuses, '"name,price,stock"\n"A,1,1"\n', 'line 1', /remove the quotes/)
test('text', refuses, 'Dear customer,\nthe file is attached.\n', 'line 1', /none of the columns/)
test('infinite times', refuses, 'name,price,stock,effective_from\nA,1,1,infinity\n', 'line 2', /"infinity" is infinite/)
test(
  'time zones',
  refuses,
  'name,price,stock,effective_from\nA,1,1,2024-01-01 10:00 CET\n',
  'line 2',
  /write the offset/,
)
test('NUL characters', refuses, 'name,price,stock\nO\0at,1,1\n', 'line 2', /NUL character/)
test(
  'lines after sep=; by their number in the file',
  refuses,
  'sep=;\nname;price;stock\nOat;x;1\n',
  'line 3',
  /price must/,
)

test('a file with a header alone is empty', async (t) => {
  for (const content of ['name,price,stock', 'name;price;stock\r\n', 'sep=;\nname;price;stock\n;;\n']) {
    const {format, products} = await loadFixture(shared().db, bcrypt, content, {currency: 'USD', dryRun: true})
    t.deepEqual({format, products}, {format: 'csv', products: {loaded: 0, existing: 0}})
  }
})
