import type {Router} from 'express'

import {logIn} from '../../services/tokens.ts'
import type {AppContext} from '../app.ts'
import {authenticate} from '../authenticate.ts'
import {readBody} from '../body.ts'
import {objectField, parseBody, textField} from '../fields.ts'
import {addResource} from '../resource.ts'

const Credentials = objectField({username: textField({trim: true}), password: textField({trim: false})})

export function addAuthRoutes(router: Router, {db, findTokenUser, bcrypt, tokenDays}: AppContext): void {
  addResource(router, ['/auth/login'], {
    name: 'Obtain Auth Token',
    enter: async (request) => authenticate(findTokenUser, request),
    methods: {
      async POST(request, response) {
        const body = await readBody(request, response)
        const data = body.kind === 'json' ? body.value : Object.fromEntries(body.fields)
        const {token, expiresAt} = await logIn(db, bcrypt, {...parseBody(Credentials, data), tokenDays})
        response.set('cache-control', 'no-store').json({token, expires_at: expiresAt})
      },
    },
  })
}
