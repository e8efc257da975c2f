import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {missingUser, userArg} from '../src/cli/flags/user-arg.ts'
import {changeColumns, changeRows, describeUser} from '../src/cli/show/user-record.ts'
import {userRecordJson, type UserRecordJson} from '../src/json/user-record.ts'
import {findUserRecord} from '../src/services/accounts/user-record.ts'

export default class ShowUser extends ShopCommand {
  static override summary =
    'Show a user: the state, the orders and their totals, the tokens, failed logins and the last changes.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> matt',
    '<%= config.bin %> <%= command.id %> matt --json',
  ]
  static override args = {user: userArg()}

  async run(): Promise<UserRecordJson> {
    const {args} = await this.parse(ShowUser)
    const username = args.user ?? (await askUsername(missingUser))
    const user = await this.withDatabase(async (db) => findUserRecord(db, username))
    for (const line of describeUser(user)) this.logText(line)
    this.logTable(changeColumns, changeRows(user), 'Changes')
    return userRecordJson(user)
  }
}
