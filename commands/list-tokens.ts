import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {pageFlags, pageRequest} from '../src/cli/flags/page-flags.ts'
import {missingUser, userArg} from '../src/cli/flags/user-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {describePage} from '../src/cli/show/page.ts'
import {tokenColumns, tokenRow} from '../src/cli/show/user-record.ts'
import {numberedPageJson, type NumberedPageJson} from '../src/json/page.ts'
import {tokenSummaryJson, type TokenSummaryJson} from '../src/json/user-record.ts'
import {listTokens} from '../src/services/accounts/user-tokens.ts'
import {findAnyUser} from '../src/services/accounts/users.ts'

export default class ListTokens extends ShopCommand {
  static override summary = "List a user's tokens that have not expired, newest first."
  static override description =
    'A token is known to its user only. Its fingerprint is the beginning of its SHA-256, by which revoke-tokens knows it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> matt',
    '<%= config.bin %> <%= command.id %> matt --json',
  ]
  static override args = {user: userArg()}
  static override flags = {...pageFlags}

  async run(): Promise<NumberedPageJson<TokenSummaryJson>> {
    const {args, flags} = await this.parse(ListTokens)
    const username = args.user ?? (await askUsername(missingUser))
    const {user, page} = await this.withDatabase(async (db) => {
      const user = await findAnyUser(db, username)
      return {user, page: await listTokens(db, {userId: user.id, ...pageRequest(flags)})}
    })
    if (!user.isActive) this.logToStderr(`The user "${printable(username)}" is deactivated, so no token works.`)
    this.logTable(tokenColumns, page.results.map(tokenRow))
    this.logToStderr(describePage(page, 'token'))
    return numberedPageJson(page, tokenSummaryJson)
  }
}
