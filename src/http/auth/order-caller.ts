import type {Request} from 'express'

import {OutcomeUnknownError} from '../../errors.ts'
import type {FindTokenUser} from '../../services/accounts/tokens.ts'
import {readToken, requireUser} from './authenticate.ts'

/** Who orders. A token that an earlier request has shown is not looked up: the order's own transaction checks it. */
export type OrderCaller = {userId: number; uncheckedToken?: string}

export type OrderCallers = {
  enter: (request: Request) => Promise<OrderCaller>
  /** Runs for the caller. Where that fails, a token that has ended meanwhile comes before whatever else is wrong. */
  serve: <Result>(request: Request, caller: OrderCaller, run: () => Promise<Result>) => Promise<Result>
}

const mostKnown = 10_000

/** Saves the look-up of a token, one of the two round trips of a single order, for all orders but a caller's first. */
export function createOrderCallers(findTokenUser: FindTokenUser): OrderCallers {
  /** Whose a token was when it was last looked up; the one that was seen first goes first. */
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
    async enter(request) {
      const token = request.method === 'PUT' ? readToken(request) : undefined
      const userId = token === undefined ? undefined : known.get(token)
      return token === undefined || userId === undefined ? lookUp(request) : {userId, uncheckedToken: token}
    },
    async serve(request, {uncheckedToken}, run) {
      try {
        return await run()
      } catch (error) {
        // Of an order that may have been placed nothing else must be said.
        if (uncheckedToken !== undefined && !(error instanceof OutcomeUnknownError)) await lookUp(request)
        throw error
      }
    },
  }
}
