import test from 'ava'

import {ConfigurationError} from '../../../../src/errors.ts'
import {explain} from '../../../../src/http/listener/address.ts'

test('a host that cannot be looked up, since the name service does not answer, is an error that says so', (t) => {
  const error = explain(Object.assign(new Error('getaddrinfo EAI_AGAIN shop.example'), {code: 'EAI_AGAIN'}), {
    host: 'shop.example',
    port: 8000,
  })

  t.true(error instanceof ConfigurationError)
  t.like(error, {
    message: 'The address of shop.example cannot be looked up now.',
    hint: 'Try again, or give an address of this machine with --host.',
  })
})
