import {spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {connect} from '../../src/db/connect.ts'
import {acquireEmbeddedServer} from '../../src/db/embedded/index.ts'
import {makeServerFolder} from './server-folder.ts'
import {findFreePort} from './nginx.ts'
import {runPgbouncer} from './pgbouncer.ts'
import {findLeaks} from './secrets.ts'

// Starts an embedded server for the databases of the tests, and runs a command, such as ava, with its address:
// node dist/test/helpers/run-with-server.js COMMAND [ARGUMENT...]
// With TEST_POOLER=N, the databases are reached through PgBouncer in transaction mode, with N connections to each.
// Fails if the shop printed or logged a secret that the tests gave it.

const [command = 'ava', ...args] = process.argv.slice(2)
const dataDir = await makeServerFolder()
const outputDir = await mkdtemp(join(tmpdir(), 'shop-test-output-'))
const server = await acquireEmbeddedServer(dataDir)
try {
  const {host, port, user} = server.connection
  const url = new URL(`postgres://${user}@localhost:${port}/postgres`)
  // A server that is reached by its socket asks for none. No command may print it all the same.
  const {password = `made-up-${randomBytes(16).toString('hex')}`} = server.connection
  url.password = password
  url.searchParams.set('host', host)
  await mkdir(join(outputDir, 'secrets'))
  await writeFile(join(outputDir, 'secrets', 'of-the-server'), JSON.stringify(password))
  const poolerPort = await findFreePort()
  const pooler =
    process.env.TEST_POOLER === undefined
      ? undefined
      : await runPgbouncer({
          ...{port: poolerPort, mode: 'transaction', poolSize: Number(process.env.TEST_POOLER), user, password},
          ...{database: `* = host=${host} port=${port}`, systemUser: 'postgres'},
        })
  const poolerUrl = pooler && `postgres://${user}@127.0.0.1:${poolerPort}/postgres`
  await forgetDurability(url.href)
  const child = spawn(command, args, {
    stdio: 'inherit',
    env: {
      ...process.env,
      TEST_SERVER_URL: url.href,
      TEST_OUTPUT_DIR: outputDir,
      ...(poolerUrl !== undefined && {TEST_POOLER_URL: poolerUrl}),
    },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  await pooler?.stop()
  const leaks = findLeaks(outputDir)
  for (const leak of leaks) process.stderr.write(`\nThe shop printed a secret:\n${leak}\n`)
  process.exitCode = leaks.length > 0 ? 1 : (code ?? 1)
} finally {
  await server.release()
  await rm(dataDir, {recursive: true, force: true})
  await rm(outputDir, {recursive: true, force: true})
}

/** No test loses this server, and each drop of a database would wait until everything is on the disk. */
async function forgetDurability(connectionString: string): Promise<void> {
  const admin = connect(() => ({connectionString}), {poolSize: 1})
  await admin.raw('alter system set fsync = off')
  await admin.raw('alter system set full_page_writes = off')
  await admin.raw('select pg_reload_conf()')
  await admin.destroy()
}
