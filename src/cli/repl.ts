import {once} from 'node:events'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {type REPLServer, start} from 'node:repl'

/** Evaluates lines from stdin until it ends, with a prompt and a history where that is a terminal. */
export async function runRepl(context: Record<string, unknown>, {dataDir}: {dataDir: string}): Promise<void> {
  const isTerminal = process.stdin.isTTY
  // The global scope, so that arrays and dates made here are those that pg knows.
  const repl = start({prompt: isTerminal ? 'shop> ' : '', useGlobal: true})
  const ended = once(repl, 'exit')
  Object.assign(repl.context, context)
  if (isTerminal) await keepHistory(repl, dataDir)
  await ended
}

async function keepHistory(repl: REPLServer, dataDir: string): Promise<void> {
  await mkdir(dataDir, {recursive: true, mode: 0o700})
  await new Promise<void>((resolve, reject) => {
    repl.setupHistory(join(dataDir, 'shell-history'), (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}
