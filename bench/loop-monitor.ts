import {once} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {createInterface} from 'node:readline'

import {BenchmarkError} from './benchmark-error.ts'

/** Milliseconds by which a timer of the process came late, and milliseconds of CPU of all its threads. */
export type ProbeReading = {p99: number; max: number; cpuMs: number}

export type LoopMonitor = {
  port: number
  /** Since the last time: the worst of the server's processes, and the CPU of them all. */
  take: () => Promise<ProbeReading>
  close: () => Promise<void>
}

/** Hears the probes (loop-probe.ts) in the processes of `shop serve`, of which `--workers` makes several. */
export async function startLoopMonitor(): Promise<LoopMonitor> {
  const probes = new Set<Probe>()
  const server = createServer((socket) => {
    const probe = readProbe(socket)
    probes.add(probe)
    socket.once('close', () => probes.delete(probe))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async take() {
      const readings = await Promise.all([...probes].map(async (probe) => probe()))
      if (readings.length === 0) throw new BenchmarkError('No process of the shop tells of its event loop.')
      return {
        p99: Math.max(...readings.map(({p99}) => p99)),
        max: Math.max(...readings.map(({max}) => max)),
        cpuMs: readings.reduce((sum, {cpuMs}) => sum + cpuMs, 0),
      }
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

type Probe = () => Promise<ProbeReading>

function readProbe(socket: Socket): Probe {
  const lines = createInterface({input: socket})[Symbol.asyncIterator]()
  // Iterating tells of it.
  socket.on('error', () => undefined)
  return async () => {
    socket.write('take\n')
    const {done, value} = (await lines.next()) as IteratorResult<string, undefined>
    if (done) throw new BenchmarkError('A process of the shop ended while it was measured.')
    return JSON.parse(value) as ProbeReading
  }
}
