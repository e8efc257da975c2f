import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {text} from 'node:stream/consumers'

// Runs npm scripts at the same time, and fails if one of them does: node dist/scripts/side-by-side.js SCRIPTS SCRIPTS...
// Scripts in one argument run one after the other. The first argument's output appears as it comes; that of the others
// whole, when a script has ended.

const [first = [], ...others] = process.argv.slice(2).map((scripts) => scripts.split(' '))
const failed = (
  await Promise.all([runEach(first, runInFront), ...others.map(async (lane) => runEach(lane, runBehind))])
).flat()
if (failed.length > 0) {
  process.stderr.write(`\nFailed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}

/** Returns the scripts that failed; one that fails does not keep the next from running. */
async function runEach(scripts: string[], run: (script: string) => Promise<boolean>): Promise<string[]> {
  const failures: string[] = []
  for (const script of scripts) if (!(await run(script))) failures.push(script)
  return failures
}

async function runInFront(script: string): Promise<boolean> {
  return succeeds(once(spawn('npm', ['run', script], {stdio: 'inherit'}), 'exit'))
}

async function runBehind(script: string): Promise<boolean> {
  const startedAt = performance.now()
  const child = spawn('sh', ['-c', `npm run ${script} 2>&1`], {stdio: ['ignore', 'pipe', 'inherit']})
  const [output, hasSucceeded] = await Promise.all([text(child.stdout), succeeds(once(child, 'exit'))])
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  process.stdout.write(`${output}${script} ${hasSucceeded ? 'passed' : 'failed'} after ${seconds} s\n`)
  return hasSucceeded
}

async function succeeds(exit: Promise<unknown[]>): Promise<boolean> {
  const [code] = await exit
  return code === 0
}
