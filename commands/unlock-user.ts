import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {missingUser, userArg} from '../src/cli/flags/user-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {userRecordJson, type UserRecordJson} from '../src/json/user-record.ts'
import {findUserRecord} from '../src/services/accounts/user-record.ts'
import {unlockLogins} from '../src/services/accounts/users.ts'
import {countOf} from '../src/text.ts'

export default class UnlockUser extends ShopCommand {
  static override summary = 'Let a user log in again whose logins failed too often.'
  static override description =
    'Forgets the failed logins that show-user shows. Limits of addresses stay. set-password and activate-user do the same.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> matt',
    '<%= config.bin %> <%= command.id %> matt --reason "called us" --json',
  ]
  static override args = {user: userArg()}
  static override flags = {reason: reasonFlag()}

  async run(): Promise<UserRecordJson & {forgotten: number}> {
    const {args, flags} = await this.parse(UnlockUser)
    const username = args.user ?? (await askUsername(missingUser))
    const {user, forgotten} = await this.withDatabase(async (db) => {
      const forgotten = await unlockLogins(db, username, this.operator(flags.reason))
      return {user: await findUserRecord(db, username), forgotten}
    })
    const name = printable(username)
    this.log(
      forgotten === 0 ? `${name} has no failed logins.` : `Forgot ${countOf(forgotten, 'failed login')} of ${name}.`,
    )
    return {...userRecordJson(user), forgotten}
  }
}
