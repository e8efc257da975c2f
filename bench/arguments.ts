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
  quick: {type: 'boolean', default: false},
  pg: {type: 'boolean', default: false},
  workers: {type: 'string', default: '1'},
  help: {type: 'boolean', default: false},
} as const

export type Arguments = ReturnType<typeof parseArgs<{options: typeof options}>>['values']

export function readArguments(args: string[]): Arguments {
  try {
    const {values} = parseArgs({args, options})
    const {memory, catalogue, only, against} = values
    const isOfScenarios = only !== '' || against !== undefined
    if ([memory, catalogue, isOfScenarios].filter(Boolean).length > 1) {
      throw new UsageError(
        '--memory and --catalogue can be combined neither with each other nor with --only or --against.',
      )
    }
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
