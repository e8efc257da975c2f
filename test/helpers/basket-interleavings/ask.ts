import type {ExecutionContext} from 'ava'

import {forkProcess} from '../process-of-shop.ts'
import type {Answer, Request} from './requests.ts'

export type Ask = (request: Request) => Promise<Answer>

/** Starts a process of the shop. Resolves once it answers. */
export async function startProcess(t: ExecutionContext, url: string): Promise<Ask> {
  const ask = forkProcess<Answer>(t, new URL('process.js', import.meta.url), url)
  await ask({kind: 'sweep'})
  return ask
}
