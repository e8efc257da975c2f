/*
 * npm runs this after `npm install` and `npm ci` in a checkout. Builds the shop, unless the compiler is not installed, as
 * with `npm ci --omit=dev` or NODE_ENV=production.
 */
import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const tools = ['typescript', 'oclif'].filter((name) => !existsSync(`${root}/node_modules/${name}`))
if (tools.length === 0) {
  const {status} = spawnSync('npm', ['run', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
} else {
  const isBuilt = existsSync(`${root}/dist/commands`)
  const state = isBuilt ? 'The build in dist/ is used as it is.' : 'The shop cannot run before it is built.'
  process.stderr.write(
    `Not built, because the development dependencies are not installed (${tools.join(', ')}). ${state}\n` +
      'To build it here, run: npm ci --include=dev && npm prune --omit=dev\n',
  )
}
