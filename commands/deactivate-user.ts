import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {missingUser, userArg} from '../src/cli/flags/user-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {userRecordJson, type UserRecordJson} from '../src/json/user-record.ts'
import {findUserRecord} from '../src/services/accounts/user-record.ts'
import {setActive} from '../src/services/accounts/users.ts'

export default class DeactivateUser extends ShopCommand {
  static override summary = 'Keep a user from logging in and ordering.'
  static override description =
    "Takes effect at once, also on servers that are running: the user's tokens do not work until activate-user. Orders stay as they are, and list-orders shows them."
  static override examples = [
    '<%= config.bin %> <%= command.id %> matt',
    '<%= config.bin %> activate-user matt && <%= config.bin %> <%= command.id %> matt --reason "does not pay" --json',
  ]
  static override args = {user: userArg()}
  static override flags = {reason: reasonFlag()}

  async run(): Promise<UserRecordJson> {
    const {args, flags} = await this.parse(DeactivateUser)
    const username = args.user ?? (await askUsername(missingUser))
    const user = await this.withDatabase(async (db) => {
      await setActive(db, username, false, this.operator(flags.reason))
      return findUserRecord(db, username)
    })
    this.log(`Deactivated ${printable(username)}. To undo it, run: shop activate-user ${printable(username)}`)
    return userRecordJson(user)
  }
}
