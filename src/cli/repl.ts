import {once} from 'node:events'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {type REPLServer, start} from 'node:repl'
import {PassThrough, type Readable} from 'node:stream'

type Context = Record<string, unknown>

// Both evaluate in the global scope, so that arrays and dates made there are those that pg knows.

/** Talks with whoever is at the terminal, until they leave. What they type is kept in the folder for the next time. */
export async function runRepl(context: Context, {dataDir}: {dataDir: string}): Promise<void> {
  const repl = start({prompt: 'shop> ', useGlobal: true})
  const ended = once(repl, 'exit')
  Object.assign(repl.context, context)
  await keepHistory(repl, dataDir)
  await ended
}

/** A folder that cannot be written, as in a container, is no reason to go without a shell. */
async function keepHistory(repl: REPLServer, dataDir: string): Promise<void> {
  const warn = (error: Error) => repl.output.write(`What you type is not kept: ${error.message}\n`)
  try {
    await mkdir(dataDir, {recursive: true, mode: 0o700})
  } catch (error) {
    warn(error as Error)
    return
  }
  repl.setupHistory(join(dataDir, 'shell-history'), (error) => {
    if (error) warn(error)
  })
}

/** Evaluates lines one after the other up to the first error. Returns whether there was none. */
export async function runLines(lines: Readable, context: Context): Promise<boolean> {
  const input = new PassThrough()
  const repl = start({input, output: process.stdout, terminal: false, prompt: '', useGlobal: true})
  const ended = once(repl, 'exit')
  Object.assign(repl.context, context)

  for await (const line of createInterface({input: lines})) {
    // A REPL does not wait for one line's promise before it takes the next.
    const evaluated = nextPrompt(repl)
    input.write(`${line}\n`)
    await Promise.race([evaluated, ended])
    if (repl.context._error !== undefined) break
  }
  input.end()
  await ended
  return repl.context._error === undefined
}

/** A REPL shows its prompt when it has evaluated a line, or wants the rest of it; in a pipe there is none to see. */
async function nextPrompt(repl: REPLServer): Promise<void> {
  return new Promise((resolve) => {
    repl.displayPrompt = () => {
      resolve()
    }
  })
}
