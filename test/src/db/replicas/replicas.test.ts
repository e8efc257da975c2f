import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {openReplicas} from '../../../../src/db/replicas/open-replicas.ts'
import {createDatabase} from '../../../helpers/database.ts'

test('looks at a replica that overlap tell a change once', async (t) => {
  const {url} = await createDatabase(t)
  const told: string[] = []
  const replicas = openReplicas(
    // A primary of its own.
    {urls: [url], lagSeconds: 1},
    {openPrimary: (options) => connect(() => ({connectionString: url}), options), poolSize: 1},
    {count: () => undefined, onChange: ({state}) => told.push(state)},
  )
  t.teardown(async () => replicas.close())

  await replicas.look()
  await Promise.all([replicas.look(), replicas.look(), replicas.look()])
  await replicas.look()

  t.deepEqual(told, ['promoted'])
})
