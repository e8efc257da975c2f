#!/usr/bin/env node
import {existsSync} from 'node:fs'
import {homedir} from 'node:os'
import {fileURLToPath} from 'node:url'

// oclif asks the system for the user's shell and home folder, and fails if the user id has no name, as in many containers.
process.env.SHELL ??= ''
process.env.HOME ||= findHome()

if (existsSync(new URL('../dist/commands', import.meta.url))) {
  try {
    await run()
  } catch (error) {
    if (!isAboutOpenFiles(error)) throw error
    fail('This process may open too few files.', 'Raise the limit of open files, for example with: ulimit -n 1024')
  }
} else {
  fail('The shop is not built.', 'To build it, run: npm ci --include=dev')
}

/** Does what `execute` of oclif does, except that it does not show an error about open files in oclif's way. */
async function run() {
  const [main, {flush}, {handle}] = await Promise.all(
    ['run', 'flush', 'handle'].map((name) => import(`@oclif/core/${name}`)),
  )
  try {
    // There are no plugins of users. oclif would look for them in its own folder SHOP_DATA_DIR, which means another one here.
    await main.run(process.argv.slice(2), {root: fileURLToPath(import.meta.url), userPlugins: false})
    flush()
  } catch (error) {
    if (isAboutOpenFiles(error)) throw error
    await handle(error)
  }
}

/** With too few files, modules are not found that are there. */
function isAboutOpenFiles({code}) {
  if (code !== 'MODULE_NOT_FOUND') return code === 'EMFILE'
  return Number(process.report.getReport().userLimits?.open_files.soft) < 256
}

function fail(reason, hint) {
  process.stderr.write(`Error: ${reason}\n${hint}\n`)
  process.exitCode = 1
}

function findHome() {
  try {
    return homedir()
  } catch {
    return '/'
  }
}
