import test from 'ava'

import {explainTime, parseTime} from '../../src/times.ts'

const reads = test.macro<[string, string | undefined]>({
  exec(t, text, expected) {
    t.is(parseTime(text), expected)
  },
  title: (_, text, expected) => `"${text}" is ${expected ?? 'no time'}`,
})

test(reads, '2024-04-18T19:07:52.950123Z', '2024-04-18T19:07:52.950123Z')
test(reads, '2024-04-18T19:07:52.95', '2024-04-18T19:07:52.950000Z')
test(reads, '2024-04-18 19:07:52', '2024-04-18T19:07:52.000000Z')
test(reads, '2024-04-18T19:07', '2024-04-18T19:07:00.000000Z')
test(reads, '2024-04-18', '2024-04-18T00:00:00.000000Z')
test(reads, '2024-01-01T00:30:00.5+02:00', '2023-12-31T22:30:00.500000Z')
test(reads, '2024-01-01T00:30:00-0530', '2024-01-01T06:00:00.000000Z')
test(reads, '2024-01-01T00:30:00+01', '2023-12-31T23:30:00.000000Z')
test(reads, '2024-02-29', '2024-02-29T00:00:00.000000Z')
test(reads, '2023-02-29', undefined)
test(reads, '1900-02-29', undefined)
test(reads, '0024-02-29', '0024-02-29T00:00:00.000000Z')
test(reads, '2024-04-31', undefined)
test(reads, '2024-04-00', undefined)
test(reads, '2024-00-01', undefined)
test(reads, '2024-13-01', undefined)
test(reads, '2024-01-01T00:60', undefined)
test(reads, '2024-01-01T23:59:59', '2024-01-01T23:59:59.000000Z')
test(reads, '2024-01-01T24:00:00', undefined)
test(reads, '2024-01-01T00:00:60', undefined)
test(reads, '2024-01-01T00:00:00.1234567', undefined)
test(reads, '2024-01-01T00:00:00+16:00', undefined)
test(reads, '0001-01-01T00:00:00+01:00', undefined)
test(reads, '0000-01-01', undefined)
test(reads, '9999-12-31T23:59:59-01:00', undefined)
test(reads, '1.1.2024', undefined)
test(reads, '', undefined)

test(reads, '1850-01-01 00:00:00+00:53:28', '1849-12-31T23:06:32.000000Z')
test(reads, '1850-01-01 00:00:00-00:53:28', '1850-01-01T00:53:28.000000Z')
test(reads, '1850-01-01 00:00:00+00:53:60', undefined)
test(reads, 'infinity', undefined)

const explains = test.macro<[string, RegExp | undefined]>({
  exec(t, text, reason) {
    t.is(parseTime(text), undefined)
    if (reason) t.regex(explainTime(text) ?? '', reason)
    else t.is(explainTime(text), undefined)
  },
  title: (_, text, reason) => `"${text}" is ${reason ? 'no time for a reason' : 'no time'}`,
})

test(explains, 'infinity', /infinite/)
test(explains, '-Infinity', /infinite/)
test(explains, '2024-01-01 10:00:00 Europe/Berlin', /names a time zone.*offset/)
test(explains, '2024-01-01T10:00:00[Europe/Berlin]', /names a time zone/)
test(explains, '2024-01-01 10:00 CET', /names a time zone/)
test(explains, '2024-01-01 UTC', /names a time zone/)
test(explains, '2024-01-01 10:00+01 Europe/Berlin', /names a time zone/)
test(explains, '2024-01-01 10:00 PM', /12-hour clock/)
test(explains, '2024-02-30T10:00:00Z', undefined)
test(explains, '0044-03-15 00:00:00+00 BC', /before the year 1/)
test(explains, '12024-01-01 00:00:00+00', /after the year 9999/)
test(explains, '01/02/2024', /read in two ways/)
test(explains, '1.2.24 10:00', /read in two ways/)
test(explains, 'soon', undefined)
