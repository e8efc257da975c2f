import {setMaxListeners} from 'node:events'

/** Runs something with a signal that aborts with another one, or after a time. */
export async function withTimeLimit<Result>(
  signal: AbortSignal,
  ms: number,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  // Node 20 may collect a signal of AbortSignal.timeout() before its time.
  const ending = new AbortController()
  const abort = (): void => {
    ending.abort(signal.reason)
  }
  const timer = setTimeout(() => {
    ending.abort(new DOMException('The payment provider did not answer in time.', 'TimeoutError'))
  }, ms)
  // Each call has a listener, and Node would warn of more than ten.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', abort, {once: true})
  if (signal.aborted) abort()
  try {
    return await run(ending.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
