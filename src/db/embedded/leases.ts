import {EventEmitter, once} from 'node:events'
import {createServer, type Server, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'

import type {KeeperMessage} from './keeper-protocol.ts'

/** The shop processes that use the server: a connection each, which the kernel closes however the process ends. */
export type Shares = {
  listener: Server
  /** Tells all of them, and those that are still to come. */
  announce: (message: KeeperMessage) => void
  /** Resolves when the last one has left, or when not even the first one comes. */
  allGone: () => Promise<void>
  /** Takes no more. Those that are there see their connection close when this process ends. */
  close: () => void
}

const firstShareMilliseconds = 5000

export function createShares(): Shares {
  const present = new Set<Socket>()
  const leaving = new Set<Socket>()
  const changes = new EventEmitter()
  let line: string | undefined
  let anyone = false

  const listener = createServer({allowHalfOpen: true}, (socket) => {
    anyone = true
    present.add(socket)
    dismiss()
    if (line !== undefined) socket.write(line)
    socket.on('error', () => socket.destroy())
    socket.on('end', () => {
      leave(socket)
    })
    socket.on('close', () => {
      leave(socket)
      leaving.delete(socket)
    })
    socket.resume()
    changes.emit('change')
  })

  function leave(socket: Socket): void {
    if (!present.delete(socket)) return
    leaving.add(socket)
    if (present.size > 0) dismiss()
    changes.emit('change')
  }

  /** Whoever leaves others behind has nothing to wait for. The last one waits for the end of the server. */
  function dismiss(): void {
    for (const socket of leaving) socket.end()
    leaving.clear()
  }

  return {
    listener,
    announce(message) {
      line = `${JSON.stringify(message)}\n`
      for (const socket of present) socket.write(line)
    },
    async allGone() {
      if (!anyone) await Promise.race([once(changes, 'change'), sleep(firstShareMilliseconds, undefined, {ref: false})])
      while (present.size > 0) await once(changes, 'change')
    },
    close() {
      listener.close()
      for (const socket of [...present, ...leaving]) socket.unref()
    },
  }
}
