/*
 * A separate program, started by pg-transactions.ts: runs a pgbench script on several connections, with pg and prepared
 * statements. It sends 'ready' once they have connected and warmed up, and starts at the next message.
 */
import {once} from 'node:events'
import {readFile} from 'node:fs/promises'

import {Client} from 'pg'

import type {PgClientLoad, PgClientResult} from './pg-transactions.ts'
import {parsePgbenchScript, type Step} from './pgbench-script.ts'

const warmUpSeconds = 0.3

const [load] = (await once(process, 'message')) as [PgClientLoad]
const steps = parsePgbenchScript(await readFile(load.file, 'utf8'))
const clients = Array.from({length: load.clients}, () => new Client({connectionString: load.url}))
try {
  await Promise.all(clients.map(async (client) => client.connect()))
  await runAll(warmUpSeconds)
  const startMessage = once(process, 'message')
  process.send?.('ready')
  await startMessage
  const start = performance.now()
  const latencies = await runAll(load.seconds)
  process.send?.({latencies, seconds: (performance.now() - start) / 1000} satisfies PgClientResult)
} finally {
  await Promise.all(clients.map(async (client) => client.end()))
}

async function runAll(seconds: number): Promise<number[]> {
  const deadline = performance.now() + seconds * 1000
  const latencies: number[] = []
  const keepBusy = async (client: Client): Promise<void> => {
    while (performance.now() < deadline && process.connected) {
      const start = performance.now()
      await runScript(client, steps)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(clients.map(keepBusy))
  return latencies
}

async function runScript(client: Client, script: Step[]): Promise<void> {
  const variables: Record<string, unknown> = {}
  for (const step of script) {
    if (step.kind === 'random') {
      variables[step.variable] = step.from + Math.floor(Math.random() * (step.to - step.from + 1))
    } else {
      const values = step.variables.map((name) => variables[name])
      const {rows} = await client.query<Record<string, unknown>>({name: step.text, text: step.text, values})
      if (step.setsVariables) Object.assign(variables, rows[0])
    }
  }
}
