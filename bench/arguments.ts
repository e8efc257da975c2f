import {existsSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {parseArgs} from 'node:util'

import {UsageError} from './benchmark-error.ts'

export const usage = `npm run bench -- [OPTIONS]

Compares the shop over HTTP with raw transactions and with bare Express, in about two minutes. Nothing is reported if a
request was not answered as expected.

  --json         write JSON instead of tables
  --check        exit with 1 if a target was missed
  --only NAME    run only the scenarios with NAME in their names
  --against DIR  compare the shop with another build of it instead, whose checkout is in DIR: each order and page
                 scenario on both in turn, on databases of their own, in about five minutes. The target is at least
                 0.95 of the other build's rate.
  --memory       measure only how much the shop's memory grows from 30,000 orders to 300,000, in some minutes
  --catalogue    measure only a shop of 1,000,000 products against one of 1,000, and how long their products take to
                 load, in some minutes
  --growth LINES measure only a shop with so many order lines against an empty one, such as 10000000; fills it first, which
                 takes 6 GB and two minutes for ten million
  --server URL   with --growth, use this PostgreSQL server, on this machine, instead of an embedded one; the shops stay in
                 its databases growth_0 and growth_LINES, and are used again
  --quick        try it out: one round of a second each, a tenth of the orders, or 10,000 products. The figures say
                 little.
  --pg           run the raw transactions with pg even if pgbench is installed
  --workers N    serve with N processes, or auto; 1 by default
  --help         show this text

The exit code is 0; 1 if nothing is reported, or if --check finds a missed target; or 2 for wrong usage.
`

const options = {
  json: {type: 'boolean', default: false},
  check: {type: 'boolean', default: false},
  only: {type: 'string', default: ''},
  against: {type: 'string'},
  memory: {type: 'boolean', default: false},
  catalogue: {type: 'boolean', default: false},
  growth: {type: 'string'},
  server: {type: 'string'},
  quick: {type: 'boolean', default: false},
  pg: {type: 'boolean', default: false},
  workers: {type: 'string', default: '1'},
  help: {type: 'boolean', default: false},
} as const

export type Arguments = ReturnType<typeof parseArgs<{options: typeof options}>>['values']

export function readArguments(args: string[]): Arguments {
  try {
    const {values} = parseArgs({args, options})
    const {memory, catalogue, growth, only, against, server} = values
    const isOfScenarios = (only !== '' && growth === undefined) || against !== undefined
    if ([memory, catalogue, growth !== undefined, isOfScenarios].filter(Boolean).length > 1) {
      throw new UsageError(
        '--memory, --catalogue and --growth can be combined neither with each other nor with --against, and only --growth with --only.',
      )
    }
    if (growth !== undefined && !/^[1-9]\d{3,9}$/.test(growth)) {
      throw new UsageError(`--growth must be a whole number of at least 1,000, not "${growth}".`)
    }
    if (server !== undefined && growth === undefined) throw new UsageError('--server is for --growth.')
    return values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(`${error.message}\n\n${usage}`, {cause: error})
  }
}

/** The program of the other build. Throws UsageError if the folder has none. */
export function findOtherBin({against}: Arguments): string | undefined {
  if (against === undefined) return undefined
  const folder = resolve(against)
  const bin = join(folder, 'bin/run.js')
  for (const path of [bin, join(folder, 'dist/commands'), join(folder, 'node_modules')]) {
    if (!existsSync(path))
      throw new UsageError(`--against needs a built checkout of the shop, but there is no ${path}.`)
  }
  return bin
}
