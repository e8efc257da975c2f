import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmod, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {acquireEmbeddedServer} from '../../src/db/embedded/index.ts'

// Starts an embedded server for the databases of the tests, and runs a command, such as ava, with its address:
// node dist/test/helpers/run-with-server.js COMMAND [ARGUMENT...]

const [command = 'ava', ...args] = process.argv.slice(2)
const dataDir = await mkdtemp(join(tmpdir(), 'shop-test-'))
// A server that root starts runs as another user, who must be able to enter the folder.
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
