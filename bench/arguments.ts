import {parseArgs} from 'node:util'

import {BenchmarkError} from './benchmark-error.ts'

export const usage = `npm run bench -- [OPTIONS]

  --json         writes JSON instead of tables
  --check        ends with exit code 1 when a target is missed
  --only NAME    only the scenarios that have NAME in their names
  --quick        one round of a second each, to try it out: its figures say little
  --pg           raw transactions by pg, also where pgbench is installed
  --workers N    serves by so many processes, or auto; 1 by default
  --help         shows this
`

const options = {
  json: {type: 'boolean', default: false},
  check: {type: 'boolean', default: false},
  only: {type: 'string', default: ''},
  quick: {type: 'boolean', default: false},
  pg: {type: 'boolean', default: false},
  workers: {type: 'string', default: '1'},
  help: {type: 'boolean', default: false},
} as const

export type Arguments = ReturnType<typeof parseArgs<{options: typeof options}>>['values']

export function readArguments(args: string[]): Arguments {
  try {
    return parseArgs({args, options}).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new BenchmarkError(`${error.message}\n\n${usage}`, {cause: error})
  }
}
