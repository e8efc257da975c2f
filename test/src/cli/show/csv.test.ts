import test from 'ava'

import {csvLine} from '../../../../src/cli/show/csv.ts'
import {withoutGuard} from '../../../../src/services/transfer/formats/csv/csv-rows.ts'

test('text that a spreadsheet may take for a formula is written with an apostrophe, and read without it', (t) => {
  for (const sign of ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']) {
    const text = `${sign}1+1`
    t.is(csvLine([text]), `'${text}\r\n`)
    t.is(withoutGuard(`'${text}`), text)
  }
  t.is(csvLine(['\n=1']), `"'\n=1"\r\n`)
  t.is(csvLine(["'n Sync 2=1", 'a=1', -5, {raw: '-5.00'}]), "'n Sync 2=1,a=1,-5,-5.00\r\n")
  t.is(withoutGuard("'n Sync"), "'n Sync")
})
