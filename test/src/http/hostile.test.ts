import {readFile, writeFile} from 'node:fs/promises'
import {Agent, request} from 'node:http'
import {setTimeout as sleep} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {type ShopProcess, withShopProcess} from '../../../bench/shop-process.ts'
import {createDatabase} from '../../helpers/database.ts'
import {hostilePayments, type HostileRequest, hostileRequests} from '../../helpers/hostile.ts'
import {addProduct, addToken, addUser} from '../../helpers/shop.ts'
import {isLongTier} from '../../helpers/tier.ts'

const maxDelayMs = 50
const maxGrowthMb = 20
const maxAnswerBytes = 100_000

/** A garbage collection can also make one try slow. */
const tries = 5

test('no request stops the event loop, makes the process grow, or is answered at length', async (t) => {
  await withstand(t, hostileRequests, {})
})

// These take the same ways as those above.
if (isLongTier) {
  test('nor does one to a shop that takes payments', async (t) => {
    await withstand(t, hostilePayments, {SHOP_PAYMENT: 'optional', SHOP_PAYMENT_PROVIDER: 'test'})
  })
}

async function withstand(
  t: ExecutionContext,
  requests: readonly HostileRequest[],
  env: Record<string, string>,
): Promise<void> {
  const {db, url} = await createDatabase(t)
  const authorization = `Token ${await addToken(db, await addUser(db))}`
  await addProduct(db, {id: 1})
  const agent = new Agent({keepAlive: true, maxSockets: 1})
  t.teardown(() => {
    agent.destroy()
  })

  await withShopProcess(url, {workers: '1', env}, async ({origin, monitor}) => {
    const usual: HostileRequest = {
      name: 'usual',
      method: 'PUT',
      path: '/orders/create/',
      headers: {'content-type': 'application/json'},
      body: Buffer.from(`{"items":[{"product_id":1,"quantity":1}],"x":"${'x'.repeat(900_000)}"}`),
    }
    const answer = async ({method, path, headers, body}: HostileRequest) =>
      send(agent, origin + path, method, {authorization, ...headers}, body)
    for (let n = 0; n < 20; n++) await answer(usual)

    const [before] = await monitor.readMemory()
    const pid = before?.pid ?? 0
    for (const hostile of requests) {
      const {status, size} = await answer(hostile)
      t.true(status >= 200 && status < 500, `${hostile.name} was answered ${status}`)
      t.true(size <= maxAnswerBytes, `${hostile.name} was answered with ${size} bytes`)
      const growth = await leastGrowth(pid, async () => answer(hostile))
      const delay = await leastDelay(monitor, async () => answer(hostile))
      t.true(growth <= maxGrowthMb, `${hostile.name} made the process grow by ${growth.toFixed(0)} MB`)
      t.true(delay <= maxDelayMs, `${hostile.name} stopped the event loop for ${delay.toFixed(0)} ms`)
    }
    const [after] = await monitor.readMemory()
    const growth = (after?.usedMb ?? Number.NaN) - (before?.usedMb ?? Number.NaN)
    t.true(growth <= maxGrowthMb, `All of them made the process grow by ${growth.toFixed(0)} MB`)
  })
}

/** The megabytes by which the process grows: garbage that was there before can make a try look larger. */
async function leastGrowth(pid: number, run: () => Promise<unknown>): Promise<number> {
  let least = Infinity
  for (let n = 0; n < tries && least > maxGrowthMb; n++) {
    const resident = await startPeak(pid)
    await run()
    least = Math.min(least, (await readMb(pid, 'VmHWM')) - resident)
  }
  return least
}

/** Starts to measure the most that the process has in memory, garbage included, and returns what it has now. */
async function startPeak(pid: number): Promise<number> {
  if (process.platform === 'linux') await writeFile(`/proc/${pid}/clear_refs`, '5')
  return readMb(pid, 'VmRSS')
}

/** Other systems than Linux only know the memory in use, at the end. */
async function readMb(pid: number, figure: 'VmHWM' | 'VmRSS'): Promise<number> {
  if (process.platform !== 'linux') return 0
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(String.raw`${figure}:\s+(\d+) kB`).exec(status)?.[1]) / 1000
}

/**
 * The milliseconds for which the shop itself stopped its event loop. A delay that is longer than the CPU time of the
 * whole process was caused by other processes.
 */
async function leastDelay(monitor: ShopProcess['monitor'], run: () => Promise<unknown>): Promise<number> {
  let least = Infinity
  for (let n = 0; n < tries && least > maxDelayMs / 2; n++) {
    await monitor.readLoop()
    // The monitor measures from one tick of its timer to the next, so it needs one before and one after.
    await sleep(5)
    await run()
    await sleep(5)
    const {max, cpuMs} = await monitor.readLoop()
    least = Math.min(least, max, cpuMs)
  }
  return least
}

async function send(
  agent: Agent,
  url: string,
  method: string,
  headers: Record<string, string>,
  body: Buffer,
): Promise<{status: number; size: number}> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {agent, method, headers: {...headers, 'content-length': body.length}})
    sent.once('error', reject)
    sent.once('response', (response) => {
      let size = 0
      response.on('data', (data: Buffer) => (size += data.length))
      response.once('error', reject)
      response.once('end', () => {
        resolve({status: response.statusCode ?? 0, size})
      })
    })
    sent.end(body)
  })
}
