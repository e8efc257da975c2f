/*
 * Loaded into the processes of `shop serve` by --import: tells the benchmark how late their event loop was and how much
 * CPU they took since it last asked.
 */
import {once} from 'node:events'
import {connect} from 'node:net'
import {monitorEventLoopDelay} from 'node:perf_hooks'
import {isMainThread} from 'node:worker_threads'

import type {ProbeReading} from './loop-monitor.ts'

const resolutionMs = 1

// Threads of the process inherit --import.
if (isMainThread) await answer(Number(process.env.BENCH_PROBE_PORT))

async function answer(port: number): Promise<void> {
  const delay = monitorEventLoopDelay({resolution: resolutionMs})
  let cpu = process.cpuUsage()
  const socket = connect({host: '127.0.0.1', port, noDelay: true})
  await once(socket, 'connect')
  delay.enable()
  socket.unref()
  socket.on('data', () => {
    const {user, system} = process.cpuUsage(cpu)
    const reading: ProbeReading = {p99: late(delay.percentile(99)), max: late(delay.max), cpuMs: (user + system) / 1000}
    delay.reset()
    cpu = process.cpuUsage()
    socket.write(`${JSON.stringify(reading)}\n`)
  })
  // The benchmark is gone, however it ended: it stops the shop before it closes this.
  socket.on('error', () => undefined)
  socket.once('close', () => process.kill(process.pid, 'SIGTERM'))
}

/** From nanoseconds between two ticks of the monitor's timer to milliseconds by which the second was late. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs)
}
