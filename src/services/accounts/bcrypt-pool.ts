import {Piscina} from 'piscina'

import {LoginAbandonedError, LoginBusyError} from '../../errors.ts'
import type {PasswordCheck, PasswordResult} from './check-password.ts'

export type CheckPassword = (check: PasswordCheck) => Promise<PasswordResult>

/**
 * Runs a task that checks a password when its turn has come. Throws LoginBusyError if too many tasks wait, and
 * LoginAbandonedError if the signal aborts before the turn of this one.
 */
export type TakeTurn = <Result>(
  task: (checkPassword: CheckPassword) => Promise<Result>,
  signal?: AbortSignal,
) => Promise<Result>

export type BcryptPool = {takeTurn: TakeTurn; close: () => Promise<void>}

/**
 * Checks passwords in separate threads: bcryptjs is plain JavaScript, and each check would block the server's event loop
 * for about 60 ms. Threads end after ten idle seconds. At most `limit` tasks wait, and for at most `patienceMs`, so that
 * a flood of logins is refused before it costs anything, and a database that does not answer makes no queue.
 */
export function createBcryptPool({
  threads,
  limit = 50,
  patienceMs = 10_000,
}: {
  threads: number
  limit?: number
  patienceMs?: number
}): BcryptPool {
  const pool = new Piscina({
    filename: new URL('check-password.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 10_000,
  })
  const turns = new Turns(threads, {limit, patienceMs})
  const checkPassword: CheckPassword = async (check) =>
    (await pool.run(check, {name: 'checkPassword'})) as PasswordResult
  return {
    async takeTurn(task, signal) {
      await turns.take(signal)
      try {
        // Without the signal: Piscina would end the thread of a check that has begun, and the next one would wait for another.
        return await task(checkPassword)
      } finally {
        turns.pass()
      }
    },
    close: async () => pool.close(),
  }
}

/** Lets a number of tasks run at a time, and the others wait for their turn in the order of their arrival. */
class Turns {
  #free: number
  readonly #limit: number
  readonly #patienceMs: number
  readonly #waiting = new Set<() => void>()

  constructor(atOnce: number, {limit, patienceMs}: {limit: number; patienceMs: number}) {
    this.#free = atOnce
    this.#limit = limit
    this.#patienceMs = patienceMs
  }

  async take(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw new LoginAbandonedError()
    if (this.#free > 0) {
      this.#free--
      return
    }
    if (this.#waiting.size >= this.#limit) throw new LoginBusyError()
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        stopWaiting()
        resolve()
      }
      const abandon = (): void => {
        stopWaiting()
        reject(new LoginAbandonedError())
      }
      const patience = setTimeout(() => {
        stopWaiting()
        reject(new LoginBusyError())
      }, this.#patienceMs)
      const stopWaiting = (): void => {
        clearTimeout(patience)
        signal?.removeEventListener('abort', abandon)
        this.#waiting.delete(begin)
      }
      this.#waiting.add(begin)
      signal?.addEventListener('abort', abandon)
    })
  }

  pass(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#free++
      return
    }
    next()
  }
}
