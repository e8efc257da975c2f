import {execFile, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import type {ExecutionContext} from 'ava'
import {parse, stringify} from 'yaml'

import {findFreePort} from './nginx.ts'
import {until} from './until.ts'

/** Debian's package `prometheus` has both. */
export const hasPrometheus = ['prometheus', 'promtool'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
)

/** The examples of the repository. */
export const prometheusFolder = fileURLToPath(new URL('../../../deploy/prometheus/', import.meta.url))

/** Returns what promtool prints, and throws it if it finds something wrong. */
export async function promtool(...args: string[]): Promise<string> {
  const {stdout, stderr} = await promisify(execFile)('promtool', args, {cwd: prometheusFolder})
  return stdout + stderr
}

export type Series = {metric: Record<string, string>; value: [time: number, value: string]}

export type Prometheus = {
  /** The series that a query gives now. Throws if Prometheus refuses it. */
  query: (query: string) => Promise<Series[]>
  get: (path: string) => Promise<unknown>
}

type Configuration = {
  global: object
  rule_files: string[]
  scrape_configs: {job_name: string; static_configs: {targets: string[]}[]}[]
}

/** Runs Prometheus with the configuration of the repository, which watches the targets every half second. */
export async function startPrometheus(t: ExecutionContext, targets: Record<string, string>): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-prometheus-'))
  const port = await findFreePort()
  const text = await readFile(join(prometheusFolder, 'prometheus.yml'), 'utf8')
  const configuration = parse(text) as Configuration
  configuration.global = {scrape_interval: '500ms', evaluation_interval: '500ms'}
  configuration.rule_files = configuration.rule_files.map((file) => join(prometheusFolder, file))
  for (const job of configuration.scrape_configs) {
    const target = targets[job.job_name]
    job.static_configs = target === undefined ? [] : [{targets: [target]}]
  }
  await writeFile(join(folder, 'prometheus.yml'), stringify(configuration))

  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    {stdio: ['ignore', 'ignore', 'pipe']},
  )
  let errors = ''
  child.stderr.on('data', (data) => (errors += String(data)))
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
    await rm(folder, {recursive: true})
  })

  const origin = `http://127.0.0.1:${port}`
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus did not start: ${errors}`)
    return fetch(`${origin}/-/ready`).then(
      ({ok}) => ok,
      () => false,
    )
  })
  const get = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(origin + path)).json()) as {status: string; data: unknown; error?: string}
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error ?? answer.status}`)
    return answer.data
  }
  return {
    get,
    async query(query) {
      const {result} = (await get(`/api/v1/query?query=${encodeURIComponent(query)}`)) as {result: Series[]}
      return result
    },
  }
}
