import {Args} from '@oclif/core'

export const userArg = Args.custom({
  description: 'username',
  ignoreStdin: true,
  parse: async (input) => Promise.resolve(input),
})

export const missingUser = 'Pass USER, a username.'
