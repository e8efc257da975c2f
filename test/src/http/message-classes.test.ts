import {IncomingMessage, ServerResponse} from 'node:http'

import test from 'ava'

import {startShop} from '../../helpers/http.ts'

test('Express leaves the prototypes of requests and responses unchanged', async (t) => {
  const shop = await startShop(t)
  const changed: string[] = []
  const setPrototypeOf = Object.setPrototypeOf.bind(Object)
  Object.setPrototypeOf = <Target>(target: Target, prototype: object | null): Target => {
    const isMessage = target instanceof IncomingMessage || target instanceof ServerResponse
    if (isMessage && Object.getPrototypeOf(target) !== prototype) changed.push(target.constructor.name)
    return setPrototypeOf(target, prototype) as Target
  }
  t.teardown(() => {
    Object.setPrototypeOf = setPrototypeOf
  })

  for (const path of ['/products/list/', '/docs/', '/nowhere/']) await fetch(shop.origin + path)

  t.deepEqual(changed, [])
})
