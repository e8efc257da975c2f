import {Args} from '@oclif/core'
import bcrypt from 'bcryptjs'

import {ShopCommand} from '../src/cli/base-command.ts'
import {askCredentials, passwordFlags, readCredentials} from '../src/cli/ask/credentials.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {userRecordJson, type UserWithPasswordJson} from '../src/json/user-record.ts'
import {findUserRecord} from '../src/services/accounts/user-record.ts'
import {createUser} from '../src/services/accounts/users.ts'

export default class CreateUser extends ShopCommand {
  static override summary = 'Create a user who can log in and place orders.'
  static override description =
    'In a terminal, asks for missing values. A password has at least 8 characters. ' +
    'It cannot be an argument, because other users of the machine could read it. --random also generates a username if none is given.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> anna',
    'pass show shop/anna | <%= config.bin %> <%= command.id %> anna --password-stdin',
    '<%= config.bin %> <%= command.id %> --random',
  ]
  static override args = {
    username: Args.string({description: 'name to log in with', ignoreStdin: true}),
  }
  static override flags = {...passwordFlags, reason: reasonFlag()}

  async run(): Promise<UserWithPasswordJson> {
    const {args, flags} = await this.parse(CreateUser)
    const {random, reason, 'password-stdin': passwordStdin} = flags
    const given = await readCredentials(args.username, {random, passwordStdin})
    const user = await this.withDatabase(async (db) => {
      const credentials = given ?? (await askCredentials(db, args.username))
      const {username} = await createUser(db, bcrypt, credentials, this.operator(reason))
      return findUserRecord(db, username)
    })
    this.log(`Created user ${user.username}.`)
    const password = random && given ? given.password : null
    if (password !== null) this.log(`Password (shown only once): ${password}`)
    return {...userRecordJson(user), password}
  }
}
