import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {pageFlags, pageRequest} from '../src/cli/flags/page-flags.ts'
import {describePage} from '../src/cli/show/page.ts'
import {summaryColumns, summaryRow} from '../src/cli/show/user-record.ts'
import {numberedPageJson, type NumberedPageJson} from '../src/json/page.ts'
import {userSummaryJson, type UserSummaryJson} from '../src/json/user-record.ts'
import {listUsers} from '../src/services/accounts/user-record.ts'

export default class ListUsers extends ShopCommand {
  static override summary = 'List users by name.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Those whose name contains "mat"', command: '<%= config.bin %> <%= command.id %> --search mat'},
    {description: 'Those who are deactivated', command: '<%= config.bin %> <%= command.id %> --inactive --json'},
  ]
  static override flags = {
    search: Flags.string({char: 'q', summary: 'part of the username; case does not matter', helpValue: 'TEXT'}),
    inactive: Flags.boolean({summary: 'only users who are deactivated'}),
    ...pageFlags,
  }

  async run(): Promise<NumberedPageJson<UserSummaryJson>> {
    const {flags} = await this.parse(ListUsers)
    const {search, inactive} = flags
    const filter = {search, isActive: inactive ? false : undefined}
    const page = await this.withDatabase(async (db) => listUsers(db, {...filter, ...pageRequest(flags)}))
    this.logTable(summaryColumns, page.results.map(summaryRow))
    this.logToStderr(describePage(page, 'user'))
    return numberedPageJson(page, userSummaryJson)
  }
}
