import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'

import {UsageError} from '../benchmark-error.ts'
import {type FaultName, faultNames} from './faults/schedule.ts'
import {faketimeLibrary} from './machines/clock.ts'

export const usage = `npm run torture -- [OPTIONS]

Lets clients order, cancel, hold and pay while machines and processes of the
shop die, hang or lose each other, and then holds what each client was told
against the tables and the payment provider's books. It runs on databases of its
own, and leaves nothing behind but the history.

  --minutes N      how long clients and faults go on; 10 by default. The checks
                   afterwards take about a minute.
  --faults LIST    which faults strike, with commas between:
                   ${faultNames.slice(0, 4).join(', ')},
                   ${faultNames.slice(4).join(', ')}; or none.
                   By default all that this machine can do. failover needs the
                   cluster of deploy/ha, and the others then strike that.
  --seed N         repeats the times and kinds of the faults and what each
                   client wants. The order in which requests meet does not
                   repeat, nor what depends on their answers.
  --clients N      how many users there are; 12 by default
  --history FILE   writes every request and answer there, as lines of JSON;
                   torture-SEED.jsonl by default
  --keep           keep the folder with the logs and the database
  --json           write JSON instead of a table
  --help           show this text

The exit code is 0; 1 if anything was lost, doubled, oversold or otherwise
wrong; or 2 for wrong usage.
`

const options = {
  minutes: {type: 'string', default: '10'},
  faults: {type: 'string'},
  seed: {type: 'string'},
  clients: {type: 'string', default: '12'},
  history: {type: 'string'},
  keep: {type: 'boolean', default: false},
  json: {type: 'boolean', default: false},
  help: {type: 'boolean', default: false},
} as const

export type Arguments = {
  minutes: number
  faults: FaultName[]
  /** Faults that were not asked for by name, and that this machine cannot do, with the reason. */
  missing: string[]
  seed: number
  clients: number
  history: string
  keep: boolean
  json: boolean
  help: boolean
}

export function readArguments(args: string[]): Arguments {
  const values = parse(args)
  const seed = readNumber('seed', values.seed ?? String(Date.now() % 2 ** 31), {least: 0, most: 2 ** 31, isWhole: true})
  const wanted = values.faults?.split(',').map((name) => name.trim())
  const named = wanted?.length === 1 && wanted[0] === 'none' ? [] : wanted
  const unknown = named?.find((name) => !isFault(name))
  if (unknown !== undefined) {
    throw new UsageError(`There is no fault "${unknown}". The faults are: ${faultNames.join(', ')}, none.`)
  }
  const chosen = faultNames.filter((name) => named?.includes(name) ?? true)
  const obstacles = findObstacles(chosen)
  const missing = chosen.flatMap((name) => obstacles.get(name) ?? [])
  const [first] = missing
  if (named && first !== undefined) throw new UsageError(first)
  return {
    minutes: readNumber('minutes', values.minutes, {least: 0.1, most: 1440}),
    faults: chosen.filter((name) => !obstacles.has(name)),
    missing,
    seed,
    clients: readNumber('clients', values.clients, {least: 1, most: 200, isWhole: true}),
    history: values.history ?? `torture-${seed}.jsonl`,
    keep: values.keep,
    json: values.json,
    help: values.help,
  }
}

function parse(args: string[]): ReturnType<typeof parseArgs<{options: typeof options}>>['values'] {
  try {
    return parseArgs({args, options}).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(`${error.message}\n\n${usage}`, {cause: error})
  }
}

function isFault(name: string): name is FaultName {
  return faultNames.some((fault) => fault === name)
}

function readNumber(
  name: string,
  text: string,
  {least, most, isWhole = false}: {least: number; most: number; isWhole?: boolean},
): number {
  const number = Number(text)
  if (text.trim() !== '' && number >= least && number <= most && (!isWhole || Number.isInteger(number))) return number
  throw new UsageError(`--${name} must be a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}".`)
}

export const clusterScript = fileURLToPath(new URL('../../../deploy/ha/cluster.sh', import.meta.url))

/** Which of some faults this machine cannot do, and why. */
function findObstacles(faults: FaultName[]): Map<FaultName, string> {
  const obstacles = new Map<FaultName, string>()
  if (faketimeLibrary === undefined) obstacles.set('clock', 'The fault clock needs the Debian package libfaketime.')
  const obstacle = faults.includes('failover') ? clusterObstacle() : undefined
  if (obstacle !== undefined) obstacles.set('failover', `The fault failover needs a cluster. ${obstacle}`)
  return obstacles
}

/** Why there can be no cluster here; undefined if there can. */
function clusterObstacle(): string | undefined {
  if (!existsSync(clusterScript)) return 'This checkout has no deploy/ha/cluster.sh.'
  const {status, stderr} = spawnSync('bash', [clusterScript, 'check'], {encoding: 'utf8'})
  return status === 0 ? undefined : stderr.trim()
}
