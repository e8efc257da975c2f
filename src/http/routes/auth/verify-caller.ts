import type {Request, Response} from 'express'

import {createLoginCounter} from '../../../services/accounts/count-logins.ts'
import {createHashCostLookup} from '../../../services/accounts/hash-costs.ts'
import type {VerifyOptions} from '../../../services/accounts/verify-password.ts'
import {clientAddress} from '../../auth/client-address.ts'
import type {AppContext} from '../../context.ts'
import {createBodyReader} from '../../drf/body.ts'
import type {ProblemCode} from '../../problems/problem-error.ts'

/** Far more than a name and some passwords need. */
export const readPasswordBody = createBodyReader({maxBytes: 8000, maxFields: 100})

/** The problems of every request that has a password checked. */
export const passwordProblems: ProblemCode[] = ['login_abandoned', 'login_busy', 'login_limited']

type Verifying = {address: string; options: VerifyOptions}

/** What it takes to check the password in a request. */
export function createVerifier({
  logins,
  loginLimits,
  bcrypt: {takeTurn},
}: AppContext): (request: Request, response: Response) => Verifying {
  const options = {
    takeTurn,
    findHashCosts: createHashCostLookup(logins),
    countLogin: createLoginCounter(logins, loginLimits),
  }
  return (request, response) => {
    const gone = new AbortController()
    response.once('close', () => {
      gone.abort()
    })
    return {address: clientAddress(request), options: {...options, signal: gone.signal}}
  }
}
