import {OutcomeUnknownError} from '../../../errors.ts'
import type {BasketOutcome, ShopMetrics} from '../../../metrics/shop-metrics.ts'
import type {Job} from '../jobs.ts'
import {type BatchOutcome, patienceMs} from '../place-batch.ts'
import type {Waiting} from './waiting.ts'

export function countOutcome(metrics: ShopMetrics, job: Job, outcome: BatchOutcome): void {
  if (outcome.status === 'placed' && !outcome.placement.isReplay) metrics.ordersPlaced.inc()
  if (outcome.status === 'failed' && outcome.error instanceof OutcomeUnknownError) metrics.unknownOutcomes.inc()
  if (job.kind === 'change') metrics.basketChanges.inc({outcome: changeOutcome(outcome)})
}

function changeOutcome(outcome: BatchOutcome): BasketOutcome {
  if (outcome.status === 'changed') return outcome.isReplay ? 'replayed' : 'changed'
  return outcome.status === 'refused' ? 'refused' : 'failed'
}

/** A job that was set aside has waited for its first transaction already. */
export function observeStart(metrics: ShopMetrics, batch: readonly Waiting[], {isFirst}: {isFirst: boolean}): void {
  metrics.batchJobs.observe(batch.length)
  if (!isFirst) return
  const arrivedBefore = performance.now() + patienceMs
  for (const {deadline} of batch) metrics.checkoutWait.observe((arrivedBefore - deadline) / 1000)
}
