#!/usr/bin/env node
import {existsSync} from 'node:fs'
import {homedir} from 'node:os'
import {fileURLToPath} from 'node:url'

// oclif asks the system for the user's shell and home folder, and fails if the user id has no name, as in many containers.
process.env.SHELL ??= ''
process.env.HOME ||= findHome()

if (existsSync(new URL('../dist/commands', import.meta.url))) {
  const {execute} = await import('@oclif/core/execute')
  // There are no plugins of users. oclif would look for them in its own folder SHOP_DATA_DIR, which means another one here.
  await execute({loadOptions: {root: fileURLToPath(import.meta.url), userPlugins: false}})
} else {
  process.stderr.write('Error: The shop is not built.\nTo build it, run: npm ci --include=dev\n')
  process.exitCode = 1
}

function findHome() {
  try {
    return homedir()
  } catch {
    return '/'
  }
}
