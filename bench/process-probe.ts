/*
 * Loaded into the processes of `shop serve` by --import. It tells the benchmark how late the event loop was and how much
 * CPU the process took since the last question, and how much memory it holds.
 */
import {once} from 'node:events'
import {connect} from 'node:net'
import {monitorEventLoopDelay} from 'node:perf_hooks'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {isMainThread} from 'node:worker_threads'

import type {ProbeReading, ProcessMemory} from './process-monitor.ts'

const resolutionMs = 1
const bytesInMb = 1e6

// Worker threads inherit --import.
if (isMainThread) await answer(Number(process.env.BENCH_PROBE_PORT))

async function answer(port: number): Promise<void> {
  const readLoop = watchLoop()
  const socket = connect({host: '127.0.0.1', port, noDelay: true})
  await once(socket, 'connect')
  socket.unref()
  createInterface({input: socket}).on('line', (question) => {
    if (question === 'loop') socket.write(`${JSON.stringify(readLoop())}\n`)
    else void readMemory().then((memory) => socket.write(`${JSON.stringify(memory)}\n`))
  })
  // The benchmark stops the shop before it closes this socket. If it closes first, the benchmark was killed.
  socket.on('error', () => undefined)
  socket.once('close', () => process.kill(process.pid, 'SIGTERM'))
}

function watchLoop(): () => ProbeReading {
  const delay = monitorEventLoopDelay({resolution: resolutionMs})
  let cpu = process.cpuUsage()
  delay.enable()
  return () => {
    const {user, system} = process.cpuUsage(cpu)
    const reading = {p99: late(delay.percentile(99)), max: late(delay.max), cpuMs: (user + system) / 1000}
    delay.reset()
    cpu = process.cpuUsage()
    return reading
  }
}

/** Converts nanoseconds between two ticks of the monitor's timer to the milliseconds by which the second tick was late. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs)
}

async function readMemory(): Promise<ProcessMemory> {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  // Objects finalized in one collection are freed in the next, and V8 returns pages to the system in the background.
  for (let time = 0; time < 3; time++) {
    collectGarbage()
    await sleep(100)
  }
  const {rss, heapUsed, external} = process.memoryUsage()
  return {pid: process.pid, residentMb: rss / bytesInMb, usedMb: (heapUsed + external) / bytesInMb}
}
