import type {Request} from 'express'

import {isUnavailable} from '../../db/errors.ts'
import {AbandonedOrderError, CheckoutBusyError, OutcomeUnknownError} from '../../errors.ts'
import type {FindTokenUser} from '../../services/accounts/tokens.ts'
import {readToken, requireToken} from './authenticate.ts'

/**
 * Who orders, or changes a basket. The transaction that decides the request checks the token, since it may end while the
 * request waits. So a token seen in an earlier request is not looked up again.
 */
export type OrderCaller = {userId: number; token: string; wasLookedUp: boolean}

export type OrderCallers = {
  /** `decided` lists the methods whose requests the checkout queue decides. For any other, the token is looked up. */
  enter: (request: Request, decided: readonly string[]) => Promise<OrderCaller>
  /** Runs for the caller. If the request is refused and the token has expired in the meantime, throws that refusal instead. */
  serve: <Result>(request: Request, caller: OrderCaller, run: () => Promise<Result>) => Promise<Result>
}

const mostKnown = 10_000

/** Saves the token look-up, one of a single order's two round trips, for all but a caller's first request. */
export function createOrderCallers(findTokenUser: FindTokenUser): OrderCallers {
  /** The user of each token when it was last looked up. The oldest entry is evicted first. */
  const known = new Map<string, number>()

  async function lookUp(request: Request): Promise<OrderCaller> {
    known.delete(readToken(request) ?? '')
    const {token, user} = await requireToken(findTokenUser, request)
    known.set(token, user.id)
    if (known.size > mostKnown) known.delete(known.keys().next().value ?? '')
    return {userId: user.id, token, wasLookedUp: true}
  }

  return {
    async enter(request, decided) {
      const token = decided.includes(request.method) ? readToken(request) : undefined
      const userId = token === undefined ? undefined : known.get(token)
      return token === undefined || userId === undefined ? lookUp(request) : {userId, token, wasLookedUp: false}
    },
    async serve(request, {token, wasLookedUp}, run) {
      try {
        return await run()
      } catch (error) {
        if (wasLookedUp) throw error
        // The next order of the caller finds out sooner whether the database is back.
        if (isUnavailable(error)) known.delete(token)
        else if (!needsNoToken(error)) await lookUp(request)
        throw error
      }
    },
  }
}

/**
 * The order may have been placed, which no other answer may hide; or nobody looked at it, and the answer tells nothing about
 * the shop.
 */
function needsNoToken(error: unknown): boolean {
  return (
    error instanceof OutcomeUnknownError || error instanceof CheckoutBusyError || error instanceof AbandonedOrderError
  )
}
