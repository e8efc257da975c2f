/* A shop process in small, `node holder.js DATA_DIR`: takes a share, says so, and gives it back when told to. */
import {once} from 'node:events'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import {ShopError} from '../../../../src/errors.ts'

try {
  const server = await acquireEmbeddedServer(process.argv[2] ?? '')
  say({connection: server.connection})
  await once(process.stdin, 'data')
  process.stdin.destroy()
  await server.release()
} catch (error) {
  say(error instanceof ShopError ? {code: error.code, message: error.message} : {message: String(error)})
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
