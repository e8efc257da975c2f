const late = Symbol('late')

/** Waits for the end of something that cannot be relied on to end. */
export async function within(end: PromiseLike<unknown>, ms: number): Promise<void> {
  await race(end, ms)
}

/** Rejects with ETIMEDOUT, as a connection does, if there is no answer in time. The work behind the answer goes on. */
export async function answerWithin<T>(answer: PromiseLike<T>, ms: number, message: string): Promise<T> {
  const first = await race(answer, ms)
  if (first === late) throw Object.assign(new Error(message), {code: 'ETIMEDOUT'})
  return first
}

async function race<T>(end: PromiseLike<T>, ms: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<typeof late>((resolve) => (timer = setTimeout(resolve, ms, late)))
  try {
    return await Promise.race([end, deadline])
  } finally {
    clearTimeout(timer)
  }
}
