import {logOut} from '../../../services/accounts/log-out.ts'
import {requireToken} from '../../auth/authenticate.ts'
import type {Operation} from '../../openapi/operation.ts'
import {defineResource} from '../../resource.ts'

const logOutOperation: Operation = {
  operationId: 'logOut',
  tag: 'Authentication',
  summary: 'Log out',
  description: 'Ends the token of the request. Other tokens of the user stay valid.',
  security: 'required',
  answers: {204: {description: 'The token is no longer valid.'}},
  problems: ['token_ended'],
}

export const logout = defineResource({
  path: '/auth/logout/',
  name: 'Log Out',
  operations: {POST: logOutOperation},
  handle: ({db, findTokenUser}) => ({
    enter: async (request) => requireToken(findTokenUser, request),
    methods: {
      async POST(_request, response, {token}) {
        await logOut(db, token)
        response.status(204).end()
      },
    },
  }),
})
