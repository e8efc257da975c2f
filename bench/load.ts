import {BenchmarkError} from './benchmark-error.ts'
import {type Answer, HttpConnection, type HttpRequest, requestText} from './http-connection.ts'
import {measured, type Measured} from './statistics.ts'

export type Load = {
  connections: number
  request: () => HttpRequest
  /** The status that every answer must have. */
  status: number
}

/** Keeps every connection busy for so many seconds. Throws for the first answer that is not what was asked for. */
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

/** In milliseconds. */
export async function timeRequest(
  connection: HttpConnection,
  {request, status}: Pick<Load, 'request' | 'status'>,
): Promise<number> {
  const asked = request()
  const sent = performance.now()
  const answer = await connection.send(requestText(asked))
  const latency = performance.now() - sent
  if (answer.status !== status) throw unexpected(asked, status, answer)
  return latency
}

export async function fetchOnce(origin: string, load: Pick<Load, 'request' | 'status'>): Promise<Answer> {
  const connection = new HttpConnection(origin)
  try {
    await connection.opened()
    const asked = load.request()
    const answer = await connection.send(requestText(asked))
    if (answer.status !== load.status) throw unexpected(asked, load.status, answer)
    return answer
  } finally {
    connection.close()
  }
}

function unexpected({method, path}: HttpRequest, status: number, answer: Answer): BenchmarkError {
  return new BenchmarkError(`${method} ${path} was answered ${answer.status} instead of ${status}: ${answer.body}`)
}
