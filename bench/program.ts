import {fork, type ForkOptions} from 'node:child_process'
import {on, once} from 'node:events'
import {fileURLToPath} from 'node:url'

import {BenchmarkError} from './benchmark-error.ts'

export type Program = {
  send: (message: object) => void
  /** Returns the next message; throws if the program ended instead. */
  next: () => Promise<unknown>
  stop: () => Promise<void>
}

/**
 * Starts a program of the benchmark in a process of its own, so that it does not share an event loop. The program ends by
 * itself when the channel to this process closes.
 */
export function startProgram(file: URL, signal: AbortSignal, options: ForkOptions = {}): Program {
  signal.throwIfAborted()
  const path = fileURLToPath(file)
  const child = fork(path, options)
  const messages = on(child, 'message', {close: ['disconnect'], signal})
  const exited = once(child, 'exit')
  return {
    send(message) {
      child.send(message)
    },
    async next() {
      const {done, value} = (await messages.next()) as IteratorResult<[unknown], undefined>
      if (done) throw new BenchmarkError(`${path} ended before it was done.`)
      return value[0]
    },
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
