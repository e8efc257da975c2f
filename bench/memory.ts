import type {Bench} from './compare.ts'
import type {ProcessMemory} from './process-monitor.ts'
import {placeMany} from './place-many.ts'
import {judge, type Target, type Verdict} from './targets.ts'

/** Of the shop's processes, when it has placed so many orders and has no connections. */
export type MemoryReading = {orders: number; perSecond: number; processes: ProcessMemory[]}

export type MemoryGrowth = {connections: number; readings: MemoryReading[]; verdicts: Verdict[]}

/** An hour's worth, and where to look on the way. Growth is counted from the first. */
const standardSteps = [30_000, 100_000, 200_000, 300_000]
const quickSteps = [3000, 10_000, 20_000, 30_000]

const connections = 64
const target: Target = {relation: '<=', bound: 50}

/** What the processes keep of the orders that they placed, pages that they showed and clients that went away. */
export async function measureMemory(
  {shop: {origin, monitor}, signal}: Bench,
  {isQuick, tell}: {isQuick: boolean; tell: (what: string) => void},
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
      judge('memory that the process gained, MB', target, mostGained(readings, 'residentMb')),
      judge('memory in use that it gained, MB', target, mostGained(readings, 'usedMb')),
    ],
  }
}

/** By the process that gained most from the first reading to the last. Not a number where one took another's place. */
function mostGained(readings: MemoryReading[], figure: 'residentMb' | 'usedMb'): number {
  const first = new Map(readings[0]?.processes.map((process) => [process.pid, process[figure]]))
  const last = readings.at(-1)?.processes ?? []
  return Math.max(...last.map((process) => process[figure] - (first.get(process.pid) ?? Number.NaN)))
}
