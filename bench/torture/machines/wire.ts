import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Socket} from 'node:net'

/**
 * A line between the shop and the database that can be cut: nothing arrives on the other side, and nobody is told. When it is
 * mended, what was sent arrives late, as TCP would send it again, or the connections are gone.
 */
export type Wire = {port: number; cut: () => void; mend: (how: 'late' | 'reset') => void; close: () => Promise<void>}

export async function startWire(target: {host: string; port: number}): Promise<Wire> {
  const pairs = new Set<[Socket, Socket]>()
  let isCut = false
  // A connection through a wire that is cut reports nothing, not even its end.
  const server = createServer({allowHalfOpen: true}, (client) => {
    const upstream = connect({...target, allowHalfOpen: true, noDelay: true})
    client.setNoDelay(true)
    const pair: [Socket, Socket] = [client, upstream]
    pairs.add(pair)
    for (const [from, to] of [pair, pair.toReversed() as [Socket, Socket]]) {
      from.on('data', (data) => {
        if (!to.write(data)) {
          from.pause()
          to.once('drain', () => {
            if (!isCut) from.resume()
          })
        }
      })
      from.on('end', () => to.end())
      from.on('error', () => undefined)
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
      if (isCut) from.pause()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
      for (const socket of [...pairs].flat()) socket.pause()
    },
    mend(how) {
      isCut = false
      for (const socket of [...pairs].flat()) {
        if (how === 'late') socket.resume()
        else socket.destroy()
      }
    },
    async close() {
      for (const socket of [...pairs].flat()) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
