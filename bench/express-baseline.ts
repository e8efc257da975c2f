import {isDeepStrictEqual} from 'node:util'

import {BenchmarkError} from './benchmark-error.ts'
import {fetchOnce, type Load} from './load.ts'
import {startProgram} from './program.ts'

export type BareAnswer = {path: string; status: number; body: string}

/** Starts a bare Express that gives the same answer to a load's requests as the shop gives now. */
export async function startBareExpress(
  shop: string,
  load: Load,
  signal: AbortSignal,
): Promise<{origin: string; stop: () => Promise<void>}> {
  const answer = await fetchOnce(shop, load)
  const program = startProgram(new URL('bare-express.js', import.meta.url), signal)
  try {
    const body = Buffer.from(answer.body, 'latin1').toString('utf8')
    program.send({path: load.request().path, status: answer.status, body} satisfies BareAnswer)
    const {port} = (await program.next()) as {port: number}
    const origin = `http://127.0.0.1:${port}`
    const bare = await fetchOnce(origin, load)
    if (!isDeepStrictEqual(bare, answer)) {
      throw new BenchmarkError(`Bare Express answers differently from the shop: ${JSON.stringify({bare, answer})}`)
    }
    return {origin, stop: program.stop}
  } catch (error) {
    await program.stop()
    throw error
  }
}
