import {EventEmitter, once} from 'node:events'
import {createServer, type Server, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'

import {type KeeperMessage, parseRelease} from './keeper-protocol.ts'

/** The leases on the keeper's server. Each is a connection, which the kernel closes however its process ends. */
export type Leases = {
  listener: Server
  /** Sends a message to all leases, present and future. */
  announce: (message: KeeperMessage) => void
  /**
   * Resolves when no lease is left and the time is over for which the last one wanted the server to stay, or when nobody
   * takes a first one within five seconds.
   */
  allReleased: () => Promise<void>
  /** Lets the server stay for no one any more. */
  stopLingering: () => void
  /** Grants no more leases. The connections of those that remain close when this process ends. */
  close: () => void
}

const firstLeaseMilliseconds = 5000
const longestRelease = 1000

export function createLeases(): Leases {
  const held = new Set<Socket>()
  const released = new Set<Socket>()
  const changes = new EventEmitter()
  let line: string | undefined
  let hasGranted = false
  let lingerMilliseconds = 0
  let mayLinger = true

  const listener = createServer({allowHalfOpen: true}, (socket) => {
    hasGranted = true
    held.add(socket)
    confirmReleases()
    if (line !== undefined) socket.write(line)
    let sent = ''
    socket.on('data', (chunk) => {
      if (sent.length < longestRelease) sent += chunk.toString()
    })
    socket.on('error', () => socket.destroy())
    socket.on('end', () => {
      release(socket, sent)
    })
    socket.on('close', () => {
      release(socket, '')
      released.delete(socket)
    })
    changes.emit('change')
  })

  function release(socket: Socket, message: string): void {
    if (!held.delete(socket)) return
    released.add(socket)
    lingerMilliseconds = parseRelease(message).lingerSeconds * 1000
    if (held.size > 0) confirmReleases()
    changes.emit('change')
  }

  /** Only if the server stays up: otherwise the last process waits until it has stopped. */
  function confirmReleases(): void {
    for (const socket of released) socket.end()
    released.clear()
  }

  /** Waits for another lease for as long as the last one wanted. */
  async function isTakenAgain(): Promise<boolean> {
    if (lingerMilliseconds === 0 || !mayLinger) return false
    confirmReleases()
    const waiting = new AbortController()
    const {signal} = waiting
    const changed = once(changes, 'change', {signal}).catch(() => undefined)
    await Promise.race([changed, sleep(lingerMilliseconds, undefined, {signal}).catch(() => undefined)])
    waiting.abort()
    return held.size > 0
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
      do {
        while (held.size > 0) await once(changes, 'change')
      } while (await isTakenAgain())
    },
    stopLingering() {
      mayLinger = false
      changes.emit('change')
    },
    close() {
      listener.close()
      for (const socket of [...held, ...released]) socket.unref()
    },
  }
}
