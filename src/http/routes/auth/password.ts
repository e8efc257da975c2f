import {changePassword} from '../../../services/accounts/change-password.ts'
import {findPasswordProblem} from '../../../services/accounts/passwords.ts'
import {requireToken} from '../../auth/authenticate.ts'
import {readData} from '../../drf/body.ts'
import {objectField, parseBody, textField} from '../../drf/fields.ts'
import type {Operation} from '../../openapi/operation.ts'
import {InvalidInputError} from '../../problems/http-errors.ts'
import {defineResource} from '../../resource.ts'
import {createVerifier, passwordProblems, readPasswordBody} from './verify-caller.ts'

const PasswordChange = objectField({
  current_password: textField({trim: false}),
  new_password: textField({trim: false}),
}).meta({id: 'PasswordChange'})

const example = {current_password: 'jackson', new_password: 'correct horse battery staple'}

const changePasswordOperation: Operation = {
  operationId: 'changePassword',
  tag: 'Authentication',
  summary: 'Change the password',
  description:
    'Sets a new password of at least 8 characters and at most 72 bytes in UTF-8. All other tokens of the user end; the ' +
    'token of the request stays valid. A wrong current password counts as a failed login.',
  security: 'required',
  body: {json: PasswordChange, examples: {matt: {json: example, form: example}}},
  answers: {204: {description: 'The password was changed.'}},
  problems: [...passwordProblems, 'token_ended', 'wrong_password'],
}

export const password = defineResource({
  path: '/auth/password/',
  name: 'Change Password',
  operations: {POST: changePasswordOperation},
  handle(context) {
    const {logins, findTokenUser} = context
    const verify = createVerifier(context)
    return {
      enter: async (request) => requireToken(findTokenUser, request),
      methods: {
        async POST(request, response, {token, user}) {
          const {address, options} = verify(request, response)
          const body = await readPasswordBody(request, response)
          const data = readData(body, ['current_password', 'new_password'])
          const {current_password: current, new_password: newPassword} = parseBody(PasswordChange, data)
          const problem = findPasswordProblem(newPassword)
          if (problem !== undefined) throw new InvalidInputError({new_password: [problem]})
          const credentials = {username: user.username, password: current, address}
          await changePassword(logins, {...credentials, token, newPassword}, options)
          response.status(204).end()
        },
      },
    }
  },
})
