import {once} from 'node:events'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {type REPLServer, start} from 'node:repl'
import {PassThrough, type Readable} from 'node:stream'

type Context = Record<string, unknown>

// Both REPLs evaluate in the global scope: pg does not recognise arrays and dates of another scope.

/** Runs a REPL in the terminal until the user leaves. Its history is kept in `dataDir`. */
export async function runRepl(context: Context, {dataDir}: {dataDir: string}): Promise<void> {
  const repl = start({prompt: 'shop> ', useGlobal: true})
  const ended = once(repl, 'exit')
  Object.assign(repl.context, context)
  await keepHistory(repl, dataDir)
  await ended
}

/** Only warns if the folder cannot be written, as in a container: the REPL works without a history. */
async function keepHistory(repl: REPLServer, dataDir: string): Promise<void> {
  const warn = (error: Error) => repl.output.write(`The history is not kept: ${error.message}\n`)
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

/** Evaluates lines one after the other until one fails. Returns whether all of them succeeded. */
export async function runLines(lines: Readable, context: Context): Promise<boolean> {
  const input = new PassThrough()
  const repl = start({input, output: process.stdout, terminal: false, prompt: '', useGlobal: true})
  const ended = once(repl, 'exit')
  Object.assign(repl.context, context)

  for await (const line of createInterface({input: lines})) {
    // A REPL does not wait for the promise of a line before it takes the next one.
    const evaluated = nextPrompt(repl)
    input.write(`${line}\n`)
    await Promise.race([evaluated, ended])
    if (repl.context._error !== undefined) break
  }
  input.end()
  await ended
  return repl.context._error === undefined
}

/** Resolves when the line is evaluated or needs more lines, which is when a REPL shows its prompt. Shows no prompt. */
async function nextPrompt(repl: REPLServer): Promise<void> {
  return new Promise((resolve) => {
    repl.displayPrompt = () => {
      resolve()
    }
  })
}
