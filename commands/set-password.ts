import {Flags} from '@oclif/core'
import bcrypt from 'bcryptjs'

import {askPassword, passwordFlags, readPassword} from '../src/cli/ask/credentials.ts'
import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {userArg} from '../src/cli/flags/user-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {userRecordJson, type UserWithPasswordJson} from '../src/json/user-record.ts'
import {findUserRecord} from '../src/services/accounts/user-record.ts'
import {findAnyUser, setPassword} from '../src/services/accounts/users.ts'
import {countOf} from '../src/text.ts'

export default class SetPassword extends ShopCommand {
  static override summary = "Set a user's password, and revoke the tokens that were issued for the old one."
  static override description =
    'Whoever has one of these tokens has to log in again, also on servers that are running. In a terminal, asks for the ' +
    'password twice. A password has at least 8 characters. It cannot be an argument, because other users of the machine ' +
    'could read it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> matt --random',
    'pass show shop/matt | <%= config.bin %> <%= command.id %> matt --password-stdin --reason "forgot it"',
    '<%= config.bin %> <%= command.id %> matt',
  ]
  static override args = {user: userArg()}
  static override flags = {
    ...passwordFlags,
    'keep-tokens': Flags.boolean({summary: 'keep the tokens: those who are logged in stay logged in'}),
    reason: reasonFlag(),
  }

  async run(): Promise<UserWithPasswordJson & {revoked_tokens: number}> {
    const {args, flags} = await this.parse(SetPassword)
    const {random, reason, 'password-stdin': passwordStdin, 'keep-tokens': keepsTokens} = flags
    const advice = 'Pass USER, a username, and --password-stdin or --random.'
    const username = args.user ?? (await askUsername(advice))
    const given = await readPassword({random, passwordStdin}, 'Pass --password-stdin or --random.')

    const {user, password, revoked} = await this.withDatabase(async (db) => {
      await findAnyUser(db, username)
      const password = given ?? (await askPassword())
      const revoked = await setPassword(db, bcrypt, {username, password, keepsTokens}, this.operator(reason))
      return {user: await findUserRecord(db, username), password, revoked}
    })
    this.log(`Set the password of ${printable(username)}. ${describeTokens(revoked, keepsTokens)}`)
    if (random) this.log(`Password (shown only once): ${password}`)
    return {...userRecordJson(user), password: random ? password : null, revoked_tokens: revoked}
  }
}

function describeTokens(revoked: number, keepsTokens: boolean): string {
  if (keepsTokens) return 'Tokens stay valid.'
  return revoked === 0 ? 'There were no tokens to revoke.' : `Revoked ${countOf(revoked, 'token')}.`
}
