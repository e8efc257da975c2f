import {ShopProblem} from './problem.ts'

export type RetryOptions = {
  /** The maximum number of attempts, including the first. */
  attempts?: number
  /** The longest wait before the second attempt. It doubles with each further attempt. */
  firstWaitMs?: number
  /** The longest wait before any attempt, even if the shop asks for a longer one. */
  longestWaitMs?: number
  /** The longest wait for an answer. */
  timeoutMs?: number
}

const defaults: Required<RetryOptions> = {attempts: 5, firstWaitMs: 250, longestWaitMs: 30_000, timeoutMs: 30_000}

/**
 * Sends again after temporary failures: 502, 503, 504, a lost connection, no answer. Use it only for requests that may
 * be sent twice. Throws the error of the last attempt, or the signal's reason as soon as it aborts.
 */
export async function retry<Result>(
  send: (signal: AbortSignal) => Promise<Result>,
  options: RetryOptions = {},
  signal?: AbortSignal,
): Promise<Result> {
  const {attempts, firstWaitMs, longestWaitMs, timeoutMs} = {...defaults, ...options}
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendWithin(timeoutMs, send, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (attempt >= attempts || !isTemporary(error)) throw error
      const backoff = Math.random() * firstWaitMs * 2 ** (attempt - 1)
      await wait(Math.min(askedWaitMs(error) + backoff, longestWaitMs), signal)
    }
  }
}

/** Uses its own timer: Node 20 garbage-collects signals of AbortSignal.timeout and AbortSignal.any too early. */
async function sendWithin<Result>(
  timeoutMs: number,
  send: (signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const abort = () => {
    controller.abort(signal?.reason)
  }
  const timer = setTimeout(() => {
    controller.abort(new DOMException('The shop did not answer in time.', 'TimeoutError'))
  }, timeoutMs)
  signal?.addEventListener('abort', abort, {once: true})
  try {
    return await send(controller.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function isTemporary(error: unknown): boolean {
  if (error instanceof ShopProblem) return [502, 503, 504].includes(error.status)
  // `fetch` throws a TypeError for every network failure, and an answer that breaks off is not valid JSON.
  if (error instanceof TypeError || error instanceof SyntaxError) return true
  return error instanceof DOMException && error.name === 'TimeoutError'
}

/** The wait that Retry-After asks for, if it is given in seconds. */
function askedWaitMs(error: unknown): number {
  const seconds = error instanceof ShopProblem ? Number(error.headers.get('retry-after')) : 0
  return seconds > 0 ? seconds * 1000 : 0
}

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, {once: true})
  })
}
