import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmod, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {acquireEmbeddedServer} from '../../src/db/embedded/index.ts'

// Runs a command, such as ava, with an embedded server of its own for the tests' databases:
// node dist/test/helpers/run-with-server.js COMMAND [ARGUMENT...]

const [command = 'ava', ...args] = process.argv.slice(2)
const dataDir = await mkdtemp(join(tmpdir(), 'shop-test-'))
// Root's own server runs as another user, who must get into it.
await chmod(dataDir, 0o755)
const server = await acquireEmbeddedServer(dataDir)
try {
  const {host, port, user, password} = server.connection
  const url = new URL(`postgres://${user}@localhost:${port}/postgres`)
  if (password !== undefined) url.password = password
  url.searchParams.set('host', host)
  const child = spawn(command, args, {
    stdio: 'inherit',
    env: {...process.env, TEST_SERVER_URL: url.href},
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  await server.release()
  await rm(dataDir, {recursive: true, force: true})
}
