import {BenchmarkError} from './benchmark-error.ts'
import {type Answer, HttpConnection, type HttpRequest, requestText} from './http-connection.ts'
import {measured, type Measured} from './statistics.ts'

export type Load = {
  connections: number
  request: () => HttpRequest
  /** The status, or statuses, that every answer must have. */
  status: number | number[]
}

/** Keeps every connection busy for some seconds. Throws at the first answer with another status than expected. */
export async function measure(origin: string, load: Load, seconds: number, signal: AbortSignal): Promise<Measured> {
  signal.throwIfAborted()
  const connections = Array.from({length: load.connections}, () => new HttpConnection(origin))
  const closeAll = (): void => {
    for (const connection of connections) connection.close()
  }
  signal.addEventListener('abort', closeAll)
  try {
    await Promise.all(connections.map(async (connection) => connection.opened()))
    const latencies: number[] = []
    const start = performance.now()
    const keepBusy = async (connection: HttpConnection): Promise<void> => {
      while (performance.now() < start + seconds * 1000) {
        latencies.push(await timeRequest(connection, load))
      }
    }
    await Promise.all(connections.map(keepBusy))
    return measured(latencies, (performance.now() - start) / 1000)
  } finally {
    signal.removeEventListener('abort', closeAll)
    closeAll()
  }
}

/** Returns milliseconds. */
export async function timeRequest(
  connection: HttpConnection,
  {request, status}: Pick<Load, 'request' | 'status'>,
): Promise<number> {
  const sent = request()
  const start = performance.now()
  const answer = await connection.send(requestText(sent))
  const latency = performance.now() - start
  if (!expects(status, answer)) throw unexpected(sent, status, answer)
  return latency
}

export async function fetchOnce(origin: string, load: Pick<Load, 'request' | 'status'>): Promise<Answer> {
  const connection = new HttpConnection(origin)
  try {
    await connection.opened()
    const sent = load.request()
    const answer = await connection.send(requestText(sent))
    if (!expects(load.status, answer)) throw unexpected(sent, load.status, answer)
    return answer
  } finally {
    connection.close()
  }
}

function expects(status: Load['status'], answer: Answer): boolean {
  return typeof status === 'number' ? answer.status === status : status.includes(answer.status)
}

function unexpected({method, path}: HttpRequest, status: Load['status'], answer: Answer): BenchmarkError {
  const expected = typeof status === 'number' ? String(status) : status.join(' or ')
  return new BenchmarkError(
    `${method} ${path} was answered with ${answer.status} instead of ${expected}: ${answer.body}`,
  )
}
