import {once} from 'node:events'
import {createServer} from 'node:net'

/**
 * The first of some ports of loopback that nobody uses. They are below those that the system gives to outgoing connections,
 * which could take the port of a server while it is restarted.
 */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * (12_000 - count))
    const ports = Array.from({length: count}, (_, index) => first + index)
    const found = await Promise.all(ports.map(isFree))
    if (found.every(Boolean)) return first
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    // Somebody listens there.
    return false
  } finally {
    server.close()
  }
}
