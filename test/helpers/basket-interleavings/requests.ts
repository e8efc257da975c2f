import type {Change} from '../../../src/services/checkout/jobs.ts'
import type {OrderItem} from '../../../src/services/checkout/new-order.ts'
import type {Failed, Refused} from '../process-of-shop.ts'

/** A request to any process. `expire` makes the holds of a user's basket end now. */
export type Request =
  | {kind: 'change'; userId: number; change: Change}
  | {kind: 'checkout'; userId: number}
  | {kind: 'order'; userId: number; items: OrderItem[]}
  | {kind: 'cancel'; orderId: number}
  | {kind: 'adjust'; productId: number; by: number}
  | {kind: 'expire'; userId: number}
  | {kind: 'sweep'}
  | {kind: 'audit'}

export type Line = {productId: number; quantity: number; held: number}

export type Answer =
  | {kind: 'changed'; lines: Line[]}
  | {kind: 'placed'; orderId: number}
  | Refused
  | {kind: 'done'}
  | {kind: 'audited'; findings: string[]}
  | Failed
