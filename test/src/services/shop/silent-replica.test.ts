import {once} from 'node:events'
import {type AddressInfo, createServer} from 'node:net'

import test from 'ava'

import {checkReplicas} from '../../../../src/services/shop/replicas.ts'
import {createDatabase} from '../../../helpers/database.ts'

test('a replica that takes connections and says nothing is reported in plain words', async (t) => {
  const {db} = await createDatabase(t)
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const {port} = silent.address() as AddressInfo

  const [check] = await checkReplicas(db, {urls: [`postgres://shop@127.0.0.1:${port}/shop`], lagSeconds: 1})

  t.is(check?.says, `The replica 127.0.0.1:${port} does not answer: timeout expired.`)
})
