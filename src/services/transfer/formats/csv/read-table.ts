import {InvalidFixtureError} from '../../../../errors.ts'
import type {FixtureReader} from '../../fixture.ts'
import {findSeparator, hasHeaderLine, lacksHeader} from './csv-header.ts'
import {CsvRecords, maxRecord} from './csv-records.ts'
import {isBlank} from './csv-rows.ts'

export type TableHeader = {fields: string[]; line: number; separator: string}

type ReadRow = (fields: string[], line: number) => void

/** The rows below a header. `begin` gets the header and returns what reads a row. Blank rows are skipped. */
export function readTable(firstLine: number, begin: (header: TableHeader) => ReadRow): FixtureReader {
  let head = ''
  let records: CsvRecords | undefined
  let readRow: ReadRow | undefined

  const start = (): CsvRecords => {
    const {separator, text, skippedLines} = findSeparator(head)
    records = new CsvRecords({separator, firstLine: firstLine + skippedLines}, (fields, line) => {
      if (fields.every(isBlank)) return
      if (readRow === undefined) readRow = begin({fields, line, separator})
      else readRow(fields, line)
    })
    records.write(text)
    return records
  }

  return {
    write(text) {
      if (records !== undefined) {
        records.write(text)
        return
      }
      head += text
      if (hasHeaderLine(head)) {
        start()
      } else if (head.length > maxRecord) {
        const reason = `the first ${maxRecord} characters have no header`
        throw new InvalidFixtureError([{record: `line ${firstLine}`, reason}])
      }
    },
    end() {
      const all = records ?? start()
      all.end()
      if (readRow === undefined) lacksHeader(firstLine)
    },
  }
}
