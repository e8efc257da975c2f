import {EventEmitter, once} from 'node:events'
import {createServer, type Server, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'

import type {KeeperMessage} from './keeper-protocol.ts'

/** The leases on the keeper's server. Each is a connection, which the kernel closes however its process ends. */
export type Leases = {
  listener: Server
  /** Sends a message to all leases, present and future. */
  announce: (message: KeeperMessage) => void
  /** Resolves when no lease is left, or when nobody takes a first one within five seconds. */
  allReleased: () => Promise<void>
  /** Grants no more leases. The connections of those that remain close when this process ends. */
  close: () => void
}

const firstLeaseMilliseconds = 5000

export function createLeases(): Leases {
  const held = new Set<Socket>()
  const released = new Set<Socket>()
  const changes = new EventEmitter()
  let line: string | undefined
  let hasGranted = false

  const listener = createServer({allowHalfOpen: true}, (socket) => {
    hasGranted = true
    held.add(socket)
    confirmReleases()
    if (line !== undefined) socket.write(line)
    socket.on('error', () => socket.destroy())
    socket.on('end', () => {
      release(socket)
    })
    socket.on('close', () => {
      release(socket)
      released.delete(socket)
    })
    socket.resume()
    changes.emit('change')
  })

  function release(socket: Socket): void {
    if (!held.delete(socket)) return
    released.add(socket)
    if (held.size > 0) confirmReleases()
    changes.emit('change')
  }

  /** Only for releases that leave other leases: the last process waits until the server has stopped. */
  function confirmReleases(): void {
    for (const socket of released) socket.end()
    released.clear()
  }

  return {
    listener,
    announce(message) {
      line = `${JSON.stringify(message)}\n`
      for (const socket of held) socket.write(line)
    },
    async allReleased() {
      if (!hasGranted) {
        await Promise.race([once(changes, 'change'), sleep(firstLeaseMilliseconds, undefined, {ref: false})])
      }
      while (held.size > 0) await once(changes, 'change')
    },
    close() {
      listener.close()
      for (const socket of [...held, ...released]) socket.unref()
    },
  }
}
