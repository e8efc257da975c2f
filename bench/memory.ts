import type {Bench} from './compare.ts'
import type {ProcessMemory} from './process-monitor.ts'
import {placeMany} from './place-many.ts'
import {judge, type Target, type Verdict} from './targets.ts'

/** The memory of the shop's processes after a number of orders, when it has no connections. */
export type MemoryReading = {orders: number; perSecond: number; processes: ProcessMemory[]}

export type MemoryGrowth = {connections: number; readings: MemoryReading[]; verdicts: Verdict[]}

/** An hour's orders, and the steps at which memory is read. Growth is counted from the first step. */
const standardSteps = [30_000, 100_000, 200_000, 300_000]
const quickSteps = [3000, 10_000, 20_000, 30_000]

const connections = 64
const target: Target = {relation: '<=', bound: 50}

/** Measures how much memory the processes keep after orders, pages and clients that went away. */
export async function measureMemory(
  {shop: {origin, monitor}, signal}: Bench,
  {isQuick, tell}: {isQuick: boolean; tell: (progress: string) => void},
): Promise<MemoryGrowth> {
  const readings: MemoryReading[] = []
  let placed = 0
  for (const orders of isQuick ? quickSteps : standardSteps) {
    tell(`memory after ${orders} orders`)
    const seconds = await placeMany(origin, {orders: orders - placed, connections}, signal)
    readings.push({orders, perSecond: (orders - placed) / seconds, processes: await monitor.readMemory()})
    placed = orders
  }
  return {
    connections,
    readings,
    verdicts: [
      judge('growth of resident memory, MB', target, mostGained(readings, 'residentMb')),
      judge('growth of memory in use, MB', target, mostGained(readings, 'usedMb')),
    ],
  }
}

/** The largest growth of a process from the first reading to the last. NaN if a process was replaced meanwhile. */
function mostGained(readings: MemoryReading[], figure: 'residentMb' | 'usedMb'): number {
  const first = new Map(readings[0]?.processes.map((process) => [process.pid, process[figure]]))
  const last = readings.at(-1)?.processes ?? []
  return Math.max(...last.map((process) => process[figure] - (first.get(process.pid) ?? Number.NaN)))
}
