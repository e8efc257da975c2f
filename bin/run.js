#!/usr/bin/env node
import {existsSync} from 'node:fs'

const program = new URL('../dist/src/cli/run.js', import.meta.url)
const {run} = await import(existsSync(program) ? program.href : './not-built.js')
await run(import.meta.url)
