import {BenchmarkError} from './benchmark-error.ts'
import {type Answer, HttpConnection, type HttpRequest, requestText} from './http-connection.ts'
import {measured, type Measured} from './statistics.ts'

export type Load = {
  connections: number
  request: () => HttpRequest
  /** The status that every answer must have. */
  status: number
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
  if (answer.status !== status) throw unexpected(sent, status, answer)
  return latency
}

export async function fetchOnce(origin: string, load: Pick<Load, 'request' | 'status'>): Promise<Answer> {
  const connection = new HttpConnection(origin)
  try {
    await connection.opened()
    const sent = load.request()
    const answer = await connection.send(requestText(sent))
    if (answer.status !== load.status) throw unexpected(sent, load.status, answer)
    return answer
  } finally {
    connection.close()
  }
}

function unexpected({method, path}: HttpRequest, status: number, answer: Answer): BenchmarkError {
  return new BenchmarkError(`${method} ${path} was answered with ${answer.status} instead of ${status}: ${answer.body}`)
}
