import {setMaxListeners} from 'node:events'

import {waitForSignal} from '../../src/cli/signals.ts'
import {ShopError} from '../../src/errors.ts'
import {BenchmarkError, UsageError} from '../benchmark-error.ts'
import {readArguments, usage} from './arguments.ts'
import {History} from './history.ts'
import {reportAsText, summarize} from './report.ts'
import {torture} from './torture.ts'

// `npm run torture`. After Ctrl-C, what happened until then is checked and reported.

const ending = new AbortController()
setMaxListeners(0, ending.signal)
void waitForSignal('SIGINT', 'SIGTERM').then(() => {
  ending.abort()
})
try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof BenchmarkError || error instanceof ShopError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function main(argv: string[]): Promise<void> {
  if (argv.includes('--help')) {
    process.stdout.write(usage)
    return
  }
  const args = readArguments(argv)
  const tell = (text: string): void => {
    process.stderr.write(`${text}\n`)
  }
  for (const text of args.missing) tell(text)
  const history = new History(args.history)
  try {
    const results = await torture({args, history, tell, signal: ending.signal})
    const report = summarize(args, history.attempts, results)
    process.stdout.write(args.json ? `${JSON.stringify(report, undefined, 2)}\n` : reportAsText(report))
    if (report.findings.length > 0) process.exitCode = 1
  } finally {
    await history.close()
  }
}
