import type {Knex} from 'knex'

import {query, onlyRow} from '../../../db/query.ts'
import {type Gateway, type ProviderPayment, RefusedError} from '../../../gateways/gateway.ts'
import {advance, hurry, type WorkOptions} from '../advance.ts'
import {agrees, type Entry, mayHoldMoney, ourEntry, theirEntry} from './reconcile/compare.ts'
import {IdSet} from './reconcile/id-set.ts'
import {findOwn, findSpan, type OwnPayment, readOwn, walkNeedy, walkSent} from './reconcile/own-payments.ts'
import {withTimeLimit} from '../time-limit.ts'
import {defaultCallMs} from '../timing.ts'

export type DifferenceKind =
  /** State, amounts or currency. */
  | 'differs'
  /** Its order is cancelled, and no refund was made or is on its way. */
  | 'not_refunded'
  /** The provider does not know it. */
  | 'only_ours'
  /** No order belongs to it, and it may have money. */
  | 'only_theirs'
  /** Nothing is being done about it, or not in time. */
  | 'overdue'

export type Difference = {
  kind: DifferenceKind
  /** Null if the shop does not know the payment. */
  orderId: number | null
  reference: string | null
  providerId: string | null
  ours: Entry | null
  /** Null also if the provider was not asked. */
  theirs: Entry | null
  isFixed: boolean
}

export type ReconcileOptions = WorkOptions & {
  /** RFC 3339; 30 days ago by default. Payments that need attention are found however old they are. */
  since?: string | undefined
  /** Lets `advance` do what each payment needs. Nothing else is changed. */
  fix: boolean
}

/** How many payments of the provider are looked up at once. */
const chunkSize = 100

/**
 * Compares the books of the shop with those of the provider, while the shop runs. A payment on which they differ is read
 * again on both sides, so that what changed meanwhile is not reported. Needs memory for one bit of each payment. Throws
 * ProviderBusyError or UnknownOutcomeError.
 */
export async function* reconcile(db: Knex, gateway: Gateway, options: ReconcileOptions): AsyncGenerator<Difference> {
  const since = options.since ?? (await findDefaultSince(db))
  const span = await findSpan(db, gateway.name, since)
  const seen = new IdSet(span)
  const reported = new IdSet({first: 0, last: span.last})

  for await (const theirs of inChunks(gateway.list(since, options.signal), chunkSize)) {
    const own = await findOwn(db, gateway.name, theirs)
    const byReference = new Map(own.map((payment) => [payment.reference, payment]))
    const byId = new Map(own.map((payment) => [payment.providerId, payment]))
    for (const one of theirs) {
      const ours = byId.get(one.id) ?? byReference.get(one.reference ?? '')
      // A second payment with our reference has no order, either.
      const isSame = ours && (ours.providerId === null || ours.providerId === one.id)
      if (isSame) seen.add(ours.id)
      if (!isSame && one.reference !== null && mayHoldMoney(one)) yield onlyTheirs(one)
      if (isSame && !agrees(ours, one)) yield* report(ours.id)
    }
  }
  for await (const {id} of walkSent(db, gateway.name, {since, before: span.now, first: span.first})) {
    if (!seen.has(id)) yield* report(id)
  }
  for await (const {id} of walkNeedy(db, gateway.name)) {
    if (!reported.has(id)) yield* report(id)
  }

  async function* report(id: number): AsyncGenerator<Difference> {
    const difference = await examine(db, gateway, id, options)
    if (!difference) return
    reported.add(id)
    if (options.fix) await fix(db, gateway, id, options)
    const rest = options.fix ? await examine(db, gateway, id, options) : difference
    yield {...(rest ?? difference), isFixed: rest === undefined}
  }
}

async function findDefaultSince(db: Knex): Promise<string> {
  const {since} = onlyRow(
    await query<{since: string}>(db, `select statement_timestamp() - interval '30 days' as since`),
  )
  return since
}

async function* inChunks<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let chunk: Item[] = []
  for await (const item of items) {
    chunk.push(item)
    if (chunk.length < size) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

function onlyTheirs(theirs: ProviderPayment): Difference {
  const {id: providerId, reference} = theirs
  const entry = theirEntry(theirs)
  return {kind: 'only_theirs', orderId: null, reference, providerId, ours: null, theirs: entry, isFixed: false}
}

/** What is wrong with a payment now, if anything. */
async function examine(
  db: Knex,
  gateway: Gateway,
  id: number,
  {signal, callMs = defaultCallMs}: ReconcileOptions,
): Promise<Difference | undefined> {
  // Ours is read last, so that it is not older than theirs.
  const {providerId, ...sought} = await readOwn(db, id)
  const theirs = await withTimeLimit(signal, callMs, async (limited) =>
    providerId === null ? gateway.find(sought, limited) : readTheirs(gateway, providerId, limited),
  )
  const ours = await readOwn(db, id)
  const kind = kindOf(ours, theirs)
  if (!kind) return undefined
  const entries = {ours: ourEntry(ours), theirs: theirs ? theirEntry(theirs) : null}
  return {
    kind,
    orderId: ours.orderId,
    reference: sought.reference,
    providerId: theirs?.id ?? providerId,
    ...entries,
    isFixed: false,
  }
}

function kindOf(ours: OwnPayment, theirs: ProviderPayment | undefined): DifferenceKind | undefined {
  if (!theirs && ours.providerId !== null) return 'only_ours'
  if (theirs && (!agrees(ours, theirs) || ours.state === 'mismatch')) return 'differs'
  if (ours.isKept) return 'not_refunded'
  return ours.isOverdue ? 'overdue' : undefined
}

async function readTheirs(
  gateway: Gateway,
  providerId: string,
  signal: AbortSignal,
): Promise<ProviderPayment | undefined> {
  try {
    return await gateway.read(providerId, signal)
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'resource_missing') return undefined
    throw error
  }
}

async function fix(db: Knex, gateway: Gateway, id: number, options: ReconcileOptions): Promise<void> {
  const {providerId} = await readOwn(db, id)
  // Otherwise `advance` leaves a payment alone that is finished for the shop.
  if (providerId !== null) await hurry(db, {provider: gateway.name, providerId})
  await advance(db, gateway, id, {...options, mayStart: false, maySearch: true})
}
