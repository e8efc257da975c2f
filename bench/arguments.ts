import {parseArgs} from 'node:util'

import {UsageError} from './benchmark-error.ts'

export const usage = `npm run bench -- [OPTIONS]

Measures the shop over HTTP beside raw transactions and bare Express, in about two minutes. Reports nothing when a
request was not answered as it should be.

  --json         writes JSON instead of tables
  --check        ends with exit code 1 when a target is missed
  --only NAME    only the scenarios that have NAME in their names
  --memory       only what the shop keeps in memory of 300,000 orders, against 30,000: some minutes
  --catalogue    only a shop of 1,000,000 products beside one of 1,000, and how long its products take to load: some
                 minutes
  --quick        one round of a second each, a tenth of the orders, or 10,000 products, to try it out: its figures say
                 little
  --pg           raw transactions by pg, also where pgbench is installed
  --workers N    serves by so many processes, or auto; 1 by default
  --help         shows this

The exit code is 0, 1 where nothing is reported or --check finds a target missed, 2 for wrong usage.
`

const options = {
  json: {type: 'boolean', default: false},
  check: {type: 'boolean', default: false},
  only: {type: 'string', default: ''},
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
    if ([values.memory, values.catalogue, values.only !== ''].filter(Boolean).length > 1) {
      throw new UsageError('Give one of --memory, --catalogue and --only.')
    }
    return values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(`${error.message}\n\n${usage}`, {cause: error})
  }
}
