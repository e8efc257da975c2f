import type {Request} from 'express'

import {OutcomeUnknownError} from '../../errors.ts'
import type {FindTokenUser} from '../../services/accounts/tokens.ts'
import {readToken, requireUser} from './authenticate.ts'

/**
 * Who orders, or changes a basket. A token seen in an earlier request is not looked up again: the transaction that decides
 * the request checks it.
 */
export type OrderCaller = {userId: number; uncheckedToken?: string}

export type OrderCallers = {
  /** `decided` lists the methods whose requests the checkout queue decides. For any other, the token is looked up. */
  enter: (request: Request, decided: readonly string[]) => Promise<OrderCaller>
  /** Runs for the caller. If that fails and the token has expired in the meantime, throws that refusal instead. */
  serve: <Result>(request: Request, caller: OrderCaller, run: () => Promise<Result>) => Promise<Result>
}

const mostKnown = 10_000

/** Saves the token look-up, one of a single order's two round trips, for all but a caller's first request. */
export function createOrderCallers(findTokenUser: FindTokenUser): OrderCallers {
  /** The user of each token when it was last looked up. The oldest entry is evicted first. */
  const known = new Map<string, number>()

  async function lookUp(request: Request): Promise<OrderCaller> {
    const token = readToken(request)
    if (token !== undefined) known.delete(token)
    const {id: userId} = await requireUser(findTokenUser, request)
    if (token !== undefined) known.set(token, userId)
    if (known.size > mostKnown) known.delete(known.keys().next().value ?? '')
    return {userId}
  }

  return {
    async enter(request, decided) {
      const token = decided.includes(request.method) ? readToken(request) : undefined
      const userId = token === undefined ? undefined : known.get(token)
      return token === undefined || userId === undefined ? lookUp(request) : {userId, uncheckedToken: token}
    },
    async serve(request, {uncheckedToken}, run) {
      try {
        return await run()
      } catch (error) {
        // The order may have been placed, and no other answer may hide that.
        if (uncheckedToken !== undefined && !(error instanceof OutcomeUnknownError)) await lookUp(request)
        throw error
      }
    },
  }
}
