import {type AddressInfo, connect, createServer, type Socket} from 'node:net'

import type {ExecutionContext} from 'ava'

import {sqlState} from '../../src/db/errors.ts'
import {until} from './until.ts'

/**
 * A proxy in front of the test server that breaks connections: `losesAnswerTo` sees what a client sends, as latin1, and
 * says whether the server's answer to it is to be lost, with the connection. With `instead`, the client gets that, and
 * the connection stays. `onAnswer` sees what the server sends. What arrives while `forwards` says no vanishes, as if the server's host had died.
 */
export async function startProxy(
  t: ExecutionContext,
  databaseUrl: string,
  losesAnswerTo: (message: string) => boolean,
  {
    onAnswer,
    forwards = () => true,
    instead,
  }: {onAnswer?: (answer: string) => void; forwards?: () => boolean; instead?: Buffer} = {},
): Promise<string> {
  const url = new URL(databaseUrl)
  const folder = url.searchParams.get('host')
  const target = {host: url.hostname, port: Number(url.port)}
  const sockets = new Set<Socket>()
  // A host that has died does not answer the end of a connection either.
  const proxy = createServer({allowHalfOpen: true}, (client) => {
    const server =
      folder?.startsWith('/') === true ? connect(`${folder}/.s.PGSQL.${url.port || '5432'}`) : connect(target)
    let isLost = false
    client.on('data', (data) => {
      isLost ||= losesAnswerTo(data.toString('latin1'))
      if (forwards()) server.write(data)
    })
    client.on('end', () => {
      if (forwards()) client.end()
    })
    server.on('data', (data) => {
      onAnswer?.(data.toString('latin1'))
      if (!isLost) client.write(data)
      else if (instead === undefined) client.destroy()
      else {
        client.write(instead)
        isLost = false
      }
    })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    proxy.close()
    // Of a client that got no answer to its end; the run would wait for them.
    for (const socket of sockets) socket.destroy()
  })

  const through = new URL(databaseUrl)
  through.hostname = '127.0.0.1'
  through.port = String((proxy.address() as AddressInfo).port)
  through.searchParams.delete('host')
  return through.href
}

/** A proxy that sees when a statement gives up waiting for a lock, which a look at the server's activity can miss. */
export async function startProxyOfWaits(
  t: ExecutionContext,
  databaseUrl: string,
): Promise<{url: string; givenUp: () => number; untilGivenUp: () => Promise<void>}> {
  let givenUp = 0
  const url = await startProxy(t, databaseUrl, () => false, {
    onAnswer: (answer) => (givenUp += answer.split(`\0C${sqlState.lockNotAvailable}\0`).length - 1),
  })
  return {
    url,
    givenUp: () => givenUp,
    async untilGivenUp() {
      const before = givenUp
      await until(async () => Promise.resolve(givenUp > before))
    },
  }
}
