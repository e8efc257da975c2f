import {once} from 'node:events'
import {Worker} from 'node:worker_threads'

import test from 'ava'

/** Takes ports, and keeps them until it is terminated. */
const program = `
  const {parentPort} = await import('node:worker_threads')
  const {findFreePort} = await import('${new URL('nginx.js', import.meta.url).href}')
  const ports = []
  while (ports.length < 40) ports.push(await findFreePort())
  parentPort.postMessage(ports)
  parentPort.once('message', () => undefined)`

test('no two threads get the same port, although nothing listens on it', async (t) => {
  const threads = Array.from(
    {length: 4},
    () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`)),
  )
  t.teardown(async () => Promise.all(threads.map(async (thread) => thread.terminate())))

  const taken = await Promise.all(threads.map(async (thread) => (await once(thread, 'message')) as [number[]]))

  t.is(new Set(taken.flat(2)).size, 160)
})
