import {setTimeout as sleep} from 'node:timers/promises'

import {faketimeLibrary} from '../machines/clock.ts'
import {exists, signal} from '../machines/process-tree.ts'
import type {Replica} from '../machines/shop.ts'
import type {Strike} from './schedule.ts'
import type {Target, Wait} from './target.ts'

/** How long workers may outlive their primary. */
const orphanMs = 15_000

/** Lets a fault strike, and resolves with what it was once everything runs again. */
export async function strike({fault, forMs, variant: [which, how, more]}: Strike, target: Target): Promise<string> {
  const {replicas, database, wait} = target
  const replica = replicas[Math.floor(which * replicas.length)] ?? replicas[0]
  const seconds = `${Math.round(forMs / 1000)} s`
  switch (fault) {
    case 'kill-shop':
      return killShop(replica, wait, Math.min(forMs, 4000))
    case 'kill-worker':
      return killWorker(replicas, how)
    case 'kill-database':
      return database.kill(how, forMs)
    case 'failover':
      return database.failOver ? database.failOver(how, forMs) : 'nothing'
    case 'partition':
      return database.isolate && how < 0.4
        ? database.isolate(more, forMs)
        : partition(replicas, {which, how: more, forMs, wait})
    case 'pause':
      if (which < 0.35) return database.pause(how, forMs)
      return pauseShop(replica, {how, forMs, wait})
    case 'clock': {
      // A few seconds to an hour, forward or backward.
      const shift = (more < 0.5 ? -1 : 1) * Math.round(5 * 720 ** how)
      const clock = database.clock && which < 0.5 ? database.clock : replica.clock
      if (faketimeLibrary === undefined) return 'nothing'
      await clock.shift(shift)
      await wait(forMs)
      await clock.shift(0)
      return `${shift} s on the clock of ${clock === replica.clock ? replica.name : 'the database'} for ${seconds}`
    }
    case 'provider':
      return `${await target.repeatWebhooks()} webhooks twice again`
  }
}

async function killShop(replica: Replica, wait: Wait, forMs: number): Promise<string> {
  const workers = await replica.workers()
  signal(replica.pid(), 'SIGKILL')
  await replica.ended()
  await wait(forMs)
  await replica.restart()
  const deadline = performance.now() + orphanMs
  while (workers.some((pid) => exists(pid)) && performance.now() < deadline) await sleep(200)
  return `SIGKILL to ${replica.name}, and a start`
}

async function killWorker(replicas: Replica[], how: number): Promise<string> {
  for (const replica of replicas) {
    const workers = await replica.workers()
    const worker = workers[Math.floor(how * workers.length)]
    if (worker === undefined) continue
    signal(worker, 'SIGKILL')
    return `SIGKILL to a worker of ${replica.name}`
  }
  return 'nothing'
}

async function partition(
  replicas: Replica[],
  {which, how, forMs, wait}: {which: number; how: number; forMs: number; wait: Wait},
): Promise<string> {
  // All of them, or one.
  const cut = which < 0.4 ? replicas : replicas.slice(which < 0.7 ? 0 : -1).slice(0, 1)
  const end = how < 0.5 ? 'late' : 'reset'
  for (const {wire} of cut) wire.cut()
  await wait(forMs)
  for (const {wire} of cut) wire.mend(end)
  return `${cut.map(({name}) => name).join(' and ')} cut off from the database for ${Math.round(forMs / 1000)} s, ${end}`
}

async function pauseShop(
  replica: Replica,
  {how, forMs, wait}: {how: number; forMs: number; wait: Wait},
): Promise<string> {
  const workers = await replica.workers()
  const worker = workers[Math.floor(how * workers.length)]
  const isWhole = how < 0.4 || worker === undefined
  const pids = isWhole ? [replica.pid(), ...workers] : [worker]
  for (const pid of pids) signal(pid, 'SIGSTOP')
  await wait(forMs)
  for (const pid of pids) signal(pid, 'SIGCONT')
  const what = isWhole ? replica.name : `a worker of ${replica.name}`
  return `SIGSTOP to ${what} for ${Math.round(forMs / 1000)} s`
}
