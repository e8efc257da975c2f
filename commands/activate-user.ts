import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {missingUser, userArg} from '../src/cli/flags/user-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {userRecordJson, type UserRecordJson} from '../src/json/user-record.ts'
import {findUserRecord} from '../src/services/accounts/user-record.ts'
import {setActive} from '../src/services/accounts/users.ts'

export default class ActivateUser extends ShopCommand {
  static override summary = 'Let a deactivated user log in and order again.'
  static override description = 'Tokens that have neither expired nor been revoked work again.'
  static override examples = [
    '<%= config.bin %> deactivate-user matt && <%= config.bin %> <%= command.id %> matt',
    '<%= config.bin %> deactivate-user matt && <%= config.bin %> <%= command.id %> matt --reason "paid the bill" --json',
  ]
  static override args = {user: userArg()}
  static override flags = {reason: reasonFlag()}

  async run(): Promise<UserRecordJson> {
    const {args, flags} = await this.parse(ActivateUser)
    const username = args.user ?? (await askUsername(missingUser))
    const user = await this.withDatabase(async (db) => {
      await setActive(db, username, true, this.operator(flags.reason))
      return findUserRecord(db, username)
    })
    this.log(`Activated ${printable(username)}.`)
    return userRecordJson(user)
  }
}
