import {Refusal} from './refusal.ts'

/** What goes wrong with a request: before the double has acted, or after. */
export type Fault = {
  route: string
  moment: 'after' | 'before'
  failure: 'hang' | 'lock_timeout' | 'rate_limit' | 'reset' | 'server_error' | 'truncate'
}

export type Hold = {route: string; arrive: () => void; released: Promise<void>}

/** Each fault meets one request. */
export function takeFault(faults: Fault[], route: string, moment: Fault['moment']): Fault['failure'] | undefined {
  const index = faults.findIndex((fault) => fault.route === route && fault.moment === moment)
  return index === -1 ? undefined : faults.splice(index, 1)[0]?.failure
}

export const serverError = new Refusal(500, {type: 'api_error', message: 'Something went wrong on our end.'})

export const refusals: Readonly<Partial<Record<Fault['failure'], Refusal>>> = {
  lock_timeout: new Refusal(429, {
    type: 'invalid_request_error',
    code: 'lock_timeout',
    message: 'This object cannot be accessed right now because another API request is currently accessing it.',
  }),
  rate_limit: new Refusal(429, {type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests.'}),
  server_error: serverError,
}
