import {Piscina} from 'piscina'

import {LoginAbandonedError, LoginBusyError} from '../../errors.ts'
import type {PasswordCheck, PasswordResult} from './check-password.ts'

export type CheckPassword = (check: PasswordCheck) => Promise<PasswordResult>

/** `address` is where the request comes from, and `signal` aborts when nobody waits for the answer any more. */
export type TurnOptions = {address: string; signal?: AbortSignal | undefined}

/**
 * Runs a task that checks a password when its turn has come. Throws LoginBusyError if too many tasks wait, and
 * LoginAbandonedError if the signal aborts before the turn of this one.
 */
export type TakeTurn = <Result>(
  task: (checkPassword: CheckPassword) => Promise<Result>,
  options: TurnOptions,
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
    async takeTurn(task, options) {
      await turns.take(options)
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

/** The tasks of an address that wait, in the order of their arrival. */
type Queue = Set<{begin: () => void; refuse: (reason: Error) => void}>

/**
 * Lets a number of tasks run at a time. The addresses of the others take turns, and an address with fewer tasks takes a
 * place from the one with the most, so that no single client can keep all others from logging in.
 */
class Turns {
  #free: number
  #waiting = 0
  readonly #limit: number
  readonly #patienceMs: number
  /** The next address comes first. */
  readonly #queues = new Map<string, Queue>()

  constructor(atOnce: number, {limit, patienceMs}: {limit: number; patienceMs: number}) {
    this.#free = atOnce
    this.#limit = limit
    this.#patienceMs = patienceMs
  }

  async take({address, signal}: TurnOptions): Promise<void> {
    if (signal?.aborted === true) throw new LoginAbandonedError()
    if (this.#free > 0) {
      this.#free--
      return
    }
    if (this.#waiting >= this.#limit) this.#makeRoomFor(address)
    await new Promise<void>((resolve, reject) => {
      const task = {
        begin: (): void => {
          stopWaiting()
          resolve()
        },
        refuse: (reason: Error): void => {
          stopWaiting()
          reject(reason)
        },
      }
      const abandon = (): void => {
        task.refuse(new LoginAbandonedError())
      }
      const patience = setTimeout(() => {
        task.refuse(new LoginBusyError())
      }, this.#patienceMs)
      const queue: Queue = this.#queues.get(address) ?? new Set()
      const stopWaiting = (): void => {
        clearTimeout(patience)
        signal?.removeEventListener('abort', abandon)
        this.#waiting--
        queue.delete(task)
        if (queue.size === 0) this.#queues.delete(address)
      }
      this.#waiting++
      this.#queues.set(address, queue.add(task))
      signal?.addEventListener('abort', abandon)
    })
  }

  pass(): void {
    const [next] = this.#queues
    if (!next) {
      this.#free++
      return
    }
    const [address, queue] = next
    // The address goes to the end.
    this.#queues.delete(address)
    this.#queues.set(address, queue)
    const [task] = queue
    task?.begin()
  }

  /** Refuses the last task of the address with the most tasks. Throws LoginBusyError if this address would have as many. */
  #makeRoomFor(address: string): void {
    const own = this.#queues.get(address)?.size ?? 0
    const [longest] = [...this.#queues.values()].sort((one, other) => other.size - one.size)
    if (!longest || longest.size <= own + 1) throw new LoginBusyError()
    ;[...longest].at(-1)?.refuse(new LoginBusyError())
  }
}
