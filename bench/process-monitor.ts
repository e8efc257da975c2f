import {once} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {createInterface} from 'node:readline'

import {BenchmarkError} from './benchmark-error.ts'

/** How late the process's timers fired, in milliseconds, and the CPU milliseconds of all its threads. */
export type ProbeReading = {p99: number; max: number; cpuMs: number}

/** Megabytes after a garbage collection: resident in the system's view, and in use on and off the V8 heap. */
export type ProcessMemory = {pid: number; residentMb: number; usedMb: number}

/** The questions to a probe, and the types of its answers. */
export type ProbeAnswers = {loop: ProbeReading; memory: ProcessMemory}

export type ProcessMonitor = {
  port: number
  /** Since the last reading: the delays of the worst process of the server, and the CPU time of all. */
  readLoop: () => Promise<ProbeReading>
  /** The memory of each process of the server. */
  readMemory: () => Promise<ProcessMemory[]>
  close: () => Promise<void>
}

/** Listens for the probes (process-probe.ts) in the processes of `shop serve`, of which `--workers` makes several. */
export async function startProcessMonitor(): Promise<ProcessMonitor> {
  const probes = new Set<Probe>()
  const server = createServer((socket) => {
    const probe = readProbe(socket)
    probes.add(probe)
    socket.once('close', () => probes.delete(probe))
  })
  async function askAll<Question extends keyof ProbeAnswers>(question: Question): Promise<ProbeAnswers[Question][]> {
    if (probes.size === 0) throw new BenchmarkError("No probe in the shop's processes has connected.")
    return Promise.all([...probes].map(async (probe) => probe(question)))
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async readLoop() {
      const readings = await askAll('loop')
      return {
        p99: Math.max(...readings.map(({p99}) => p99)),
        max: Math.max(...readings.map(({max}) => max)),
        cpuMs: readings.reduce((sum, {cpuMs}) => sum + cpuMs, 0),
      }
    },
    async readMemory() {
      return askAll('memory')
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

type Probe = <Question extends keyof ProbeAnswers>(question: Question) => Promise<ProbeAnswers[Question]>

function readProbe(socket: Socket): Probe {
  const lines = createInterface({input: socket})[Symbol.asyncIterator]()
  // The iterator ends after an error, too.
  socket.on('error', () => undefined)
  return async <Question extends keyof ProbeAnswers>(question: Question) => {
    socket.write(`${question}\n`)
    const {done, value} = (await lines.next()) as IteratorResult<string, undefined>
    if (done) throw new BenchmarkError('A process of the shop ended while it was measured.')
    return JSON.parse(value) as ProbeAnswers[Question]
  }
}
