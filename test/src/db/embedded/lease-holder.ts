/* A minimal shop process, `node lease-holder.js DATA_DIR`: takes a lease, reports it, and releases it when told to. */
import {once} from 'node:events'

import {acquireEmbeddedServer} from '../../../../src/db/embedded/index.ts'
import {ShopError} from '../../../../src/errors.ts'

try {
  const server = await acquireEmbeddedServer(process.argv[2] ?? '')
  report({connection: server.connection})
  await once(process.stdin, 'data')
  process.stdin.destroy()
  await server.release()
} catch (error) {
  report(
    error instanceof ShopError
      ? {code: error.code, message: error.message, hint: error.hint}
      : {message: String(error)},
  )
}

function report(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
