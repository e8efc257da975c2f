import type {Difference} from '../services/payments/operators/reconcile.ts'
import type {Entry} from '../services/payments/operators/reconcile/compare.ts'
import {type AmountsJson, amountsJson} from './payment.ts'

type EntryJson = AmountsJson & {state: string}

export type DifferenceJson = {
  kind: string
  order_id: number | null
  reference: string | null
  provider_id: string | null
  ours: EntryJson | null
  theirs: EntryJson | null
  is_fixed: boolean
}

export function differenceJson(difference: Difference): DifferenceJson {
  const {kind, orderId, reference, providerId, ours, theirs, isFixed} = difference
  return {
    kind,
    order_id: orderId,
    reference,
    provider_id: providerId,
    ours: ours && entryJson(ours),
    theirs: theirs && entryJson(theirs),
    is_fixed: isFixed,
  }
}

function entryJson({state, ...amounts}: Entry): EntryJson {
  return {state, ...amountsJson(amounts)}
}
