import {z} from 'zod'

import {Login} from '../../../json/schemas.ts'
import {loginJson} from '../../../json/login.ts'
import {logIn} from '../../../services/accounts/log-in.ts'
import {authenticate} from '../../auth/authenticate.ts'
import {readData} from '../../drf/body.ts'
import {objectField, parseBody, textField} from '../../drf/fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'
import {createVerifier, passwordProblems, readPasswordBody} from './verify-caller.ts'

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
  problems: [...passwordProblems, 'login_failed'],
}

export const login = defineResource({
  path: '/auth/login/',
  name: 'Obtain Auth Token',
  operations: {POST: logInOperation},
  handle(context) {
    const {logins, findTokenUser, tokenDays} = context
    const verify = createVerifier(context)
    return {
      enter: async (request) => authenticate(findTokenUser, request),
      methods: {
        async POST(request, response) {
          const {address, options} = verify(request, response)
          const body = await readPasswordBody(request, response)
          const data = readData(body, ['username', 'password'])
          const credentials = {...parseBody(Credentials, data), address}
          const token = await logIn(logins, credentials, {...options, tokenDays})
          response.set('cache-control', 'no-store').json(loginJson(token))
        },
      },
    }
  },
})
