import {isLikeFormula} from '../../../../text.ts'
import {noteProblem, type RecordPlace} from '../parse-record.ts'

export type CsvColumns = {
  /** The column of each field; empty for a column without a name. */
  names: string[]
  /** The least number of fields of a row: all that are required are among them. */
  minFields: number
}

export type CsvRow = Record<string, string | undefined>

export function isBlank(field: string | undefined): boolean {
  return field === undefined || field === '' || field.trim() === ''
}

/** The fields by column. Programs leave out empty fields at the end of a row, and write some beyond the header. */
export function toRow(fields: string[], {names, minFields}: CsvColumns, place: RecordPlace): CsvRow | undefined {
  if (fields.length < minFields || fields.slice(names.length).some((field) => !isBlank(field))) {
    noteProblem(place, `has ${fields.length} fields, but the header has ${names.length}`)
    return undefined
  }
  const row: CsvRow = {}
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? ''
    const field = fields[index]
    if (isBlank(field)) {
      if (name !== '') row[name] = undefined
    } else if (name === '') {
      noteProblem(place, `has a value in column ${index + 1}, which has no name in the header`)
      return undefined
    } else {
      // Blanks in the quotes of a name are part of it.
      row[name] = withoutGuard(name === 'name' ? field : field?.trim())
    }
  }
  return row
}

/** Programs put an apostrophe before a text that a spreadsheet would take for a formula: `'-5`, `'=1+1`. */
export function withoutGuard<Field extends string | undefined>(field: Field): Field | string {
  return field?.startsWith("'") && isLikeFormula(field.slice(1)) ? field.slice(1) : field
}
