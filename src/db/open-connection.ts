import {setTimeout as delay} from 'node:timers/promises'

import type {Client} from 'pg'

import {isConnectionError, messageOf, ReadOnlyHostError} from './errors.ts'
import type {Host, Hosts} from './hosts.ts'

/** How long a host that does not answer is waited for before the next one is tried as well. */
export const patienceMs = 1000

/** What the connection pools of one database know of its hosts. */
export class Primary {
  /** Where the last connection was opened. */
  host: string | undefined
  /** Open connections of an earlier term may lead to a host that no longer accepts writes. */
  term = 0
  /** Waits for a host until it has not answered for too long. */
  readonly waitForHost: (over: AbortSignal) => Promise<void>

  constructor(waitForHost = async (signal: AbortSignal): Promise<void> => delay(patienceMs, undefined, {signal})) {
    this.waitForHost = waitForHost
  }

  suspect(): void {
    this.term++
  }
}

/**
 * Opens a connection to the first host that will do, beginning with the one that did last, and gives the others up. A host
 * that is down costs nothing, or a second if it is silent. Throws what failed at every host. `lost` aborts what is given up.
 */
export async function openConnection(
  {all, mustWrite}: Hosts,
  primary: Primary,
  connectTo: (host: Host, lost?: AbortSignal) => Promise<Client>,
): Promise<Client> {
  if (all.length === 1 && !mustWrite) return connectTo(all[0])
  const isLast = ({name}: Host): boolean => name === primary.host
  const hosts = [...all.filter(isLast), ...all.filter((host) => !isLast(host))]
  const attempts: Promise<Client>[] = []
  const losses = new Set<AbortController>()
  let winner: Client | undefined
  const attempt = async (host: Host): Promise<Client> => {
    const loss = new AbortController()
    losses.add(loss)
    const client = await connectTo(host, loss.signal)
    try {
      if (mustWrite) await requireWritable(client)
      if (winner) throw new Error('Another host was faster.')
    } catch (error) {
      client.end().catch(() => undefined)
      throw error
    }
    winner = client
    primary.host = host.name
    losses.delete(loss)
    // A command would not end before they do.
    for (const other of losses) other.abort()
    return client
  }
  for (const host of hosts) {
    const latest = attempt(host)
    attempts.push(latest)
    const client = await firstOf(attempts, latest, primary)
    if (client) return client
  }
  return Promise.any(attempts).catch((error: unknown) => {
    throw describeFailures(hosts, error)
  })
}

const nobody = (): undefined => undefined

/** Undefined if the latest has failed, or none has succeeded in time. */
async function firstOf(
  attempts: Promise<Client>[],
  latest: Promise<Client>,
  primary: Primary,
): Promise<Client | undefined> {
  const over = new AbortController()
  try {
    return await Promise.race([
      Promise.any(attempts).catch(() => undefined),
      latest.catch(() => undefined),
      primary.waitForHost(over.signal).then(nobody, nobody),
    ])
  } finally {
    over.abort()
  }
}

/** Also on for a standby. */
async function requireWritable(client: Client): Promise<void> {
  const {rows} = await client.query<{transaction_read_only: string}>('show transaction_read_only')
  if (rows[0]?.transaction_read_only !== 'off') throw new ReadOnlyHostError()
}

/** A host that refuses, for example the password, says what to change; others may be back later. */
function describeFailures(hosts: Host[], error: unknown): unknown {
  if (!(error instanceof AggregateError)) return error
  const errors = error.errors as unknown[]
  const refusal = errors.find((one) => !isConnectionError(one))
  if (refusal !== undefined || errors.length === 1) return refusal ?? errors[0]
  const reasons = hosts.map(({name}, index) => `${name}: ${messageOf(errors[index])}`)
  return new AggregateError(errors, `no host accepts writes (${reasons.join('; ')})`)
}
