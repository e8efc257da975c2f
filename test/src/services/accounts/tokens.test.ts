import test from 'ava'

import {connect} from '../../../../src/db/connect.ts'
import {createTokenLookup} from '../../../../src/services/accounts/tokens.ts'
import {createDatabase} from '../../../helpers/database.ts'
import {startProxy} from '../../../helpers/proxy.ts'
import {addToken, addUser} from '../../../helpers/shop.ts'
import {statementsIn} from '../../../helpers/wire.ts'

test('tokens that arrive during a look-up share the next one', async (t) => {
  const {db, url} = await createDatabase(t)
  const [anna, ben] = [await addUser(db, 'anna'), await addUser(db, 'ben')]
  const tokens = [await addToken(db, anna), await addToken(db, ben), 'unknown']
  const looks: string[] = []
  const proxied = await startProxy(t, url, (message) => {
    if (message.includes('find_token')) looks.push(...statementsIn(message))
    return false
  })
  const through = connect(() => ({connectionString: proxied}), {poolSize: 2})
  t.teardown(async () => through.destroy())
  const findTokenUser = createTokenLookup(through)

  const first = findTokenUser(tokens[0] ?? '')
  await new Promise((resolve) => setImmediate(resolve))
  const others = Array.from({length: 30}, async (_, n) => findTokenUser(tokens[n % 3] ?? ''))
  const users = await Promise.all([first, ...others])

  t.deepEqual(looks, ['find_token_user', 'find_token_users'])
  t.deepEqual(
    users.slice(0, 4).map((user) => user?.username),
    ['anna', 'anna', 'ben', undefined],
  )
})

test('revoking a token takes effect at once', async (t) => {
  const {db} = await createDatabase(t)
  const token = await addToken(db, await addUser(db))
  const findTokenUser = createTokenLookup(db)
  t.truthy(await findTokenUser(token))

  await db('auth_tokens').delete()

  t.is(await findTokenUser(token), undefined)
})

test('a failed look-up affects only its own tokens', async (t) => {
  const {db} = await createDatabase(t)
  const token = await addToken(db, await addUser(db, 'anna'))
  const findTokenUser = createTokenLookup(db)
  await db.schema.renameTable('auth_tokens', 'away')
  await t.throwsAsync(findTokenUser(token))

  await db.schema.renameTable('away', 'auth_tokens')

  t.like(await findTokenUser(token), {username: 'anna'})
})
