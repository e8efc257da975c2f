import {ShopProblem} from './problem.ts'

export type RetryOptions = {
  /** How often to send at most, the first time included. */
  attempts?: number
  /** Longest wait before the second attempt; it doubles with each. */
  firstWaitMs?: number
  /** Longest wait before any, also where the shop asks for a longer one. */
  longestWaitMs?: number
  /** How long to wait for one answer. */
  timeoutMs?: number
}

const defaults: Required<RetryOptions> = {attempts: 5, firstWaitMs: 250, longestWaitMs: 30_000, timeoutMs: 30_000}

/**
 * Sends again what passes: 502, 503, 504, a lost connection, an answer that does not come. For what may be sent twice.
 * Throws what the last attempt threw, or the signal's reason at once.
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
      if (attempt >= attempts || !passes(error)) throw error
      const backoff = Math.random() * firstWaitMs * 2 ** (attempt - 1)
      await wait(Math.min(askedWaitMs(error) + backoff, longestWaitMs), signal)
    }
  }
}

/** With a timer of its own: signals of AbortSignal.timeout and AbortSignal.any are collected early in Node 20. */
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

function passes(error: unknown): boolean {
  if (error instanceof ShopProblem) return [502, 503, 504].includes(error.status)
  // `fetch` says TypeError for every failure of the network, and an answer that breaks off is no JSON.
  if (error instanceof TypeError || error instanceof SyntaxError) return true
  return error instanceof DOMException && error.name === 'TimeoutError'
}

/** Of Retry-After, where it is in seconds. */
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
