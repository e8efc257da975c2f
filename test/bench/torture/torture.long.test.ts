import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'

import test, {type ExecutionContext} from 'ava'

import {faultNames} from '../../../bench/torture/faults/schedule.ts'
import {faketimeLibrary} from '../../../bench/torture/machines/clock.ts'
import type {Report} from '../../../bench/torture/report.ts'
import {seed} from '../../helpers/tier.ts'

const program = fileURLToPath(new URL('../../../bench/torture/run.js', import.meta.url))

/** Runs the torture, and interrupts it when it says so. */
async function runTorture(
  t: ExecutionContext,
  args: string[],
  interruptAt?: string,
): Promise<{report: Report; code: unknown; folder: string; history: string[]}> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-history-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const history = join(folder, 'history.jsonl')
  const child = spawn(process.execPath, [program, ...args, '--json', '--history', history, '--keep'])
  let progress = ''
  let isInterrupted = false
  child.stderr.on('data', (data) => {
    progress += String(data)
    // A second signal ends it at once.
    if (interruptAt !== undefined && progress.includes(interruptAt) && !isInterrupted)
      isInterrupted = child.kill('SIGINT')
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  t.log(progress)
  const kept = /^logs and database: (.*)$/m.exec(progress)?.[1] ?? ''
  t.teardown(async () => rm(kept, {recursive: true, force: true}))
  const lines = (await readFile(history, 'utf8')).trim().split('\n')
  return {report: JSON.parse(output) as Report, code, folder: kept, history: lines}
}

test('two minutes of faults lose, double and oversell nothing', async (t) => {
  const faults = faultNames.filter((name) => name !== 'failover' && (name !== 'clock' || faketimeLibrary !== undefined))
  if (faketimeLibrary === undefined) t.log('SKIPPED: the fault clock needs faketime, which is not installed.')
  const {report, code} = await runTorture(t, ['--minutes', '2', '--faults', faults.join(), '--seed', String(seed)])

  t.deepEqual(report.findings, [])
  t.is(code, 0)
  t.like(report, {lost: 0, doubled: 0, oversold: 0, wrong: 0})
  t.true(report.confirmed > 100)
  t.true(report.audits > 5)
  t.deepEqual(report.faults.map(({fault}) => fault).sort(), [...faults].sort())
})

test('after Ctrl-C, the torture checks and reports what was done, and leaves no process', async (t) => {
  const {report, code, folder, history} = await runTorture(t, ['--minutes', '10', '--faults', 'none'], 'clients, ')

  t.is(code, 0)
  t.deepEqual(report.findings, [])
  t.is(history.filter((line) => line.includes('"type":"invoke"')).length, report.requests)
  t.false(existsSync(join(folder, 'postgres/cluster/postmaster.pid')))
})
