import type {Knex} from 'knex'

import {query} from '../../db/query.ts'
import type {Currency} from '../../money.ts'
import type {Bcrypt} from '../accounts/passwords.ts'
import type {Operator} from '../operator.ts'
import {detectFormat} from './formats/detect-format.ts'
import type {Encoding} from './encodings.ts'
import {findDuplicates} from './stage/find-duplicates.ts'
import type {FixtureFormat, FixtureReader} from './fixture.ts'
import {linkRecords} from './stage/link-records.ts'
import {countLeftovers, type LeftoverCounts} from './leftovers.ts'
import {underLoadLock} from './load-lock.ts'
import {type Counts, type LoadStep, mergeRecords} from './merge/merge-records.ts'
import {mergeTables} from './merge/merge-tables.ts'
import {type FixtureContent, readBytes} from './formats/unpack/read-bytes.ts'
import {readCsv} from './formats/csv/read-csv.ts'
import {readDjango} from './formats/django/read-django.ts'
import {readNative} from './formats/native/read-native.ts'
import {readNdjson} from './formats/read-ndjson.ts'
import {readText} from './formats/read-text.ts'
import {prepareStaging} from './stage/record-stage.ts'
import {type ReadOptions, Stage} from './stage/stage.ts'
import {stagedTables} from './stage/staged-tables.ts'

export type LoadOptions = {
  /** Detected from the content by default. */
  format?: FixtureFormat | undefined
  /** UTF-8 by default, or what a byte order mark says. */
  encoding?: Encoding | undefined
  /** The currency of amounts that name none. */
  currency: Currency
  /** Reports what a load would do, and writes nothing. */
  dryRun?: boolean
  /** The number of new products from which a load into an empty shop drops and rebuilds indexes and foreign keys. */
  firstLoadFrom?: number
  /** Kept with the stock movements and the prices. */
  operator?: Operator | undefined
  onProgress?: (progress: LoadProgress) => void
}

/** The current step, and how many bytes of a stream and how many records have been read. */
export type LoadProgress = {step: LoadStep | 'checking' | 'committing' | 'reading'; bytes: number; records: number}

export type LoadResult = Counts & {
  format: FixtureFormat
  /** The number of records that were skipped, by their Django model. */
  skipped: Record<string, number>
  /** The number of users who cannot log in, because the shop does not support the hash of their password. */
  usersWithoutPassword: number
  leftovers: LeftoverCounts
  /** The first of the lines that other programs wrote before the dump, if there were any. They were skipped. */
  noise?: string
}

const readers: Record<FixtureFormat, (options: ReadOptions) => FixtureReader> = {
  csv: readCsv,
  django: readDjango,
  native: readNative,
  ndjson: readNdjson,
}

/**
 * Loads a fixture in one transaction, all or nothing. Records that the shop already has are left as they are, so a second
 * load changes nothing. Throws InvalidFixtureError with the problems of the file.
 *
 * Records go to temporary tables as they are read, and from there to the shop's, in one statement for each table. The
 * program never holds more than a piece of the file.
 */
export async function loadFixture(
  db: Knex,
  bcrypt: Bcrypt,
  content: FixtureContent,
  options: LoadOptions,
): Promise<LoadResult> {
  return db.transaction(async (trx) => load(trx, bcrypt, content, options), {isolationLevel: 'read committed'})
}

async function load(
  trx: Knex.Transaction,
  bcrypt: Bcrypt,
  content: FixtureContent,
  {
    format: given,
    encoding,
    currency,
    dryRun = false,
    firstLoadFrom,
    operator,
    onProgress = () => undefined,
  }: LoadOptions,
): Promise<LoadResult> {
  const stage = new Stage(trx, bcrypt)
  let bytes = 0
  const report = (step: LoadProgress['step']): void => {
    onProgress({step, bytes, records: stage.recordCount})
  }
  await prepareStaging(trx, {...stagedTables, ...mergeTables})
  const source = readBytes(content, (count) => {
    bytes += count
    report('reading')
  })
  const {format, noise, text, firstLine} = await detectFormat(readText(source, encoding), given)
  await stage.fill(text, readers[format]({stage, currency, firstLine}))

  report('checking')
  await query(trx, `analyze ${Object.keys(stagedTables).join(', ')}`)
  await linkRecords(trx, stage.problems, {isDjango: format === 'django'})
  await findDuplicates(trx, stage.problems)
  stage.problems.refuseAny()

  const counts = await underLoadLock(trx, async (inner) =>
    mergeRecords(inner, {dryRun, firstLoadFrom, operator, onStep: report}),
  )
  report('committing')
  const {skipped, usersWithoutPassword, leftovers} = stage
  const skippedModels = Object.fromEntries([...skipped].sort())
  return {
    format,
    ...counts,
    skipped: skippedModels,
    usersWithoutPassword,
    leftovers: countLeftovers(leftovers),
    ...(noise !== undefined && {noise}),
  }
}
