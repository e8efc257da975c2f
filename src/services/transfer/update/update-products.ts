import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {InvalidFixtureError, InvalidUpdateError} from '../../../errors.ts'
import type {Currency} from '../../../money.ts'
import {refreshAfterMany} from '../../catalogue/refresh.ts'
import type {Operator} from '../../operator.ts'
import {holdPool} from '../../stock/pools.ts'
import type {Encoding} from '../encodings.ts'
import {readUpdates, type UpdateKey} from '../formats/csv/read-updates.ts'
import {detectFormat} from '../formats/detect-format.ts'
import {readText} from '../formats/read-text.ts'
import {type FixtureContent, readBytes} from '../formats/unpack/read-bytes.ts'
import {Problems} from '../fixture-problems.ts'
import {type LeftoverCounts, countLeftovers} from '../leftovers.ts'
import {underLoadLock} from '../load-lock.ts'
import {prepareStaging} from '../stage/record-stage.ts'
import {findChanges} from './find-changes.ts'
import {type ChangeCounts, countChanges, type LineChange, listChanges} from './list-changes.ts'
import {matchLines} from './match-lines.ts'
import {UpdateStage} from './update-stage.ts'
import {updateTables} from './update-tables.ts'
import {untilAborted, whileNotAborted} from './while-not-aborted.ts'
import {
  lockChangedLevels,
  lockChangedProducts,
  noteChangedListings,
  writeLevelChanges,
  writePriceChanges,
  writeProductChanges,
} from './write-changes.ts'

type UpdateStep = 'checking' | 'comparing' | 'listing' | 'locking' | 'prices' | 'products' | 'reading' | 'stock'

/** The current step, and how many bytes of a stream and how many lines have been read. */
export type UpdateProgress = {step: UpdateStep; bytes: number; records: number}

export type UpdateOptions = {
  /** The column that identifies the product of a line: by default the first of id, sku and name that the file has. */
  by?: UpdateKey | undefined
  encoding?: Encoding | undefined
  /** The currency of amounts that name none. */
  currency: Currency
  operator?: Operator | undefined
  onProgress?: (progress: UpdateProgress) => void
  /**
   * Sees what would change before any product is locked or anything is written, and decides whether to go on. While it
   * waits for an answer, only the stock pools of the file cannot be renamed or deleted.
   */
  review?: (plan: UpdatePlan) => Promise<boolean>
  /** Stops the update, which then changes nothing, unless it has been committed. */
  signal?: AbortSignal
}

type Found = ChangeCounts & {by: UpdateKey; leftovers: LeftoverCounts}

export type UpdatePlan = Found & {list: (limit?: number) => AsyncGenerator<LineChange, void>}

/** `isApplied` is false if the review declined, or nothing changes. */
export type UpdateResult = Found & {isApplied: boolean}

/**
 * Changes products as the lines of a CSV file say, all or nothing. Throws InvalidUpdateError with the problems of the file,
 * or UnknownPoolError.
 *
 * What changes is found while nothing is locked. Then the products are locked, which blocks no order, and compared again.
 * Only the last part, from the locks of the stock levels to the commit, makes orders of the changed products wait.
 */
export async function updateProducts(db: Knex, content: FixtureContent, options: UpdateOptions): Promise<UpdateResult> {
  const {signal, onProgress} = options
  try {
    const result = await db.transaction(
      async (trx) => whileNotAborted(db, trx, signal, async () => update(trx, content, options)),
      {isolationLevel: 'read committed'},
    )
    if (!result.isApplied) return result
    onProgress?.({step: 'listing', bytes: 0, records: result.lines})
    await refreshAfterMany(db, {signal})
    return result
  } catch (error) {
    if (!(error instanceof InvalidFixtureError)) throw error
    throw new InvalidUpdateError(error.problems, {count: error.count, cause: error})
  }
}

async function update(
  trx: Knex.Transaction,
  content: FixtureContent,
  {operator, review, signal, onProgress = () => undefined, ...options}: UpdateOptions,
): Promise<UpdateResult> {
  let bytes = 0
  const stage = new UpdateStage(trx)
  const begin = (step: UpdateStep): void => {
    signal?.throwIfAborted()
    onProgress({step, bytes, records: stage.recordCount})
  }
  await prepareStaging(trx, updateTables)
  const source = readBytes(content, (count) => {
    bytes += count
    begin('reading')
  })
  const by = await stageLines(stage, untilAborted(source, signal), options)

  begin('checking')
  for (const pool of stage.pools) await holdPool(trx, pool)
  await query(trx, 'analyze update_lines, update_prices, update_levels')
  await matchLines(trx, stage.problems, by)
  stage.problems.refuseAny()
  begin('comparing')
  await findChanges(trx, stage.problems, {by})
  stage.problems.refuseAny()

  const found = {by, ...(await countChanges(trx)), leftovers: countLeftovers(stage.leftovers)}
  const isWanted = review === undefined || (await review({...found, list: (limit) => listChanges(trx, limit)}))
  if (!isWanted || found.changed === 0) return {...found, isApplied: false}

  return underLoadLock(trx, async (inner) => {
    begin('locking')
    await lockChangedProducts(inner)
    // Other commands may have changed the products since, and orders may have taken stock.
    const problems = new Problems()
    await findChanges(inner, problems, {by, again: true})
    problems.refuseAny()
    const counts = await countChanges(inner)
    begin('products')
    await writeProductChanges(inner)
    await noteChangedListings(inner)
    begin('prices')
    await lockChangedLevels(inner)
    await writePriceChanges(inner, operator)
    begin('stock')
    await writeLevelChanges(inner, problems, operator)
    return {...found, ...counts, isApplied: true}
  })
}

async function stageLines(
  stage: UpdateStage,
  source: AsyncIterable<Uint8Array>,
  {by: given, encoding, currency}: Pick<UpdateOptions, 'by' | 'currency' | 'encoding'>,
): Promise<UpdateKey> {
  let by: UpdateKey | undefined
  const {format, text} = await detectFormat(readText(source, encoding), undefined)
  if (format !== 'csv') {
    const reason = 'is not CSV; products are updated from a CSV file with a header'
    throw new InvalidFixtureError([{record: 'the file', reason}])
  }
  const onKey = (key: UpdateKey): void => {
    by = key
  }
  await stage.fill(text, readUpdates({stage, currency, by: given, onKey}))
  if (by === undefined) throw new Error('A file without a header was accepted.')
  return by
}
