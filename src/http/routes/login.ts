import {z} from 'zod'

import {Login} from '../../json/schemas.ts'
import {loginJson} from '../../json/login.ts'
import {logIn} from '../../services/accounts/tokens.ts'
import {authenticate} from '../auth/authenticate.ts'
import {createHashCostLookup} from '../../services/accounts/hash-costs.ts'
import {createBodyReader, readFields} from '../drf/body.ts'
import {objectField, parseBody, textField} from '../drf/fields.ts'
import type {Operation} from '../openapi/operation.ts'
import {defineResource} from '../resource.ts'

const Credentials = objectField({username: textField({trim: true}), password: textField({trim: false})}).meta({
  id: 'Credentials',
})

const matt = {username: 'matt', password: 'jackson'}

const logInOperation: Operation = {
  operationId: 'logIn',
  tag: 'Authentication',
  summary: 'Log in',
  description: 'Issues a new token. Tokens that the user already has stay valid.',
  security: 'optional',
  body: {json: Credentials, examples: {matt: {json: matt, form: matt}}},
  answers: {
    200: {
      description: 'The token and when it expires.',
      body: Login,
      headers: z.object({'Cache-Control': z.literal('no-store')}),
      examples: {
        token: {token: '1a05c06cfcbe222a78f77dccba0d99cd5c7105c8', expires_at: '2027-11-24T10:59:15.340785Z'},
      },
    },
  },
  problems: ['login_abandoned', 'login_busy', 'login_failed'],
}

/** Far more than a name and a password need. */
const readBody = createBodyReader({maxBytes: 8000, maxFields: 100})

export const login = defineResource({
  path: '/auth/login/',
  name: 'Obtain Auth Token',
  operations: {POST: logInOperation},
  handle({db, findTokenUser, bcrypt: {check: checkPassword}, tokenDays}) {
    const findHashCosts = createHashCostLookup(db)
    return {
      enter: async (request) => authenticate(findTokenUser, request),
      methods: {
        async POST(request, response) {
          const gone = new AbortController()
          response.once('close', () => {
            gone.abort()
          })
          const body = await readBody(request, response)
          const data = body.kind === 'json' ? body.value : readFields(body.fields, ['username', 'password'])
          const options = {checkPassword, findHashCosts, tokenDays, signal: gone.signal}
          const token = await logIn(db, parseBody(Credentials, data), options)
          response.set('cache-control', 'no-store').json(loginJson(token))
        },
      },
    }
  },
})
