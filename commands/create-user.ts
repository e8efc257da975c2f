import {Args, Flags} from '@oclif/core'
import bcrypt from 'bcryptjs'

import {ShopCommand} from '../src/cli/base-command.ts'
import {askCredentials, readCredentials} from '../src/cli/ask/credentials.ts'
import {createUser} from '../src/services/accounts/users.ts'

type UserJson = {id: number; username: string; password?: string}

export default class CreateUser extends ShopCommand {
  static override summary = 'Create a user who can log in and place orders.'
  static override description =
    'In a terminal, asks for missing values. ' +
    'The password cannot be an argument, because other users of the machine could read it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> anna',
    'pass show shop/anna | <%= config.bin %> <%= command.id %> anna --password-stdin',
    '<%= config.bin %> <%= command.id %> --random',
  ]
  static override args = {
    username: Args.string({description: 'name to log in with', ignoreStdin: true}),
  }
  static override flags = {
    'password-stdin': Flags.boolean({summary: 'read the password from stdin', exclusive: ['random']}),
    random: Flags.boolean({summary: 'generate a password, and a username if none is given, and print them'}),
  }

  async run(): Promise<UserJson> {
    const {args, flags} = await this.parse(CreateUser)
    const given = await readCredentials({
      username: args.username,
      random: flags.random,
      passwordStdin: flags['password-stdin'],
    })
    const user = await this.withDatabase(async (db) =>
      createUser(db, bcrypt, given ?? (await askCredentials(db, args.username))),
    )
    this.log(`Created user ${user.username}.`)
    if (!flags.random || !given) return user
    this.log(`Password (shown only once): ${given.password}`)
    return {...user, password: given.password}
  }
}
