import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {pageFlags, pageRequest} from '../src/cli/flags/page-flags.ts'
import {summaryColumns, summaryRow} from '../src/cli/show/basket-record.ts'
import {describePage} from '../src/cli/show/page.ts'
import {basketSummaryJson, type BasketSummaryJson} from '../src/json/basket-record.ts'
import {numberedPageJson, type NumberedPageJson} from '../src/json/page.ts'
import {findAnyUser} from '../src/services/accounts/users.ts'
import {listBaskets} from '../src/services/baskets/list.ts'

export default class ListBaskets extends ShopCommand {
  static override summary = 'List baskets, latest change first.'
  static override description =
    'Lists the baskets that have not been ordered; --all includes the others. Totals are at current prices. ' +
    'A hold that has expired counts until a server removes it, within a second or so.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Those that hold stock', command: '<%= config.bin %> <%= command.id %> --held'},
    '<%= config.bin %> <%= command.id %> --user matt --all --json',
  ]
  static override flags = {
    held: Flags.boolean({summary: 'only baskets that hold stock'}),
    user: Flags.string({char: 'u', summary: 'only baskets of this user', helpValue: 'NAME'}),
    all: Flags.boolean({summary: 'also baskets that have been ordered'}),
    ...pageFlags,
  }

  async run(): Promise<NumberedPageJson<BasketSummaryJson>> {
    const {flags} = await this.parse(ListBaskets)
    const {held, user, all} = flags
    const page = await this.withDatabase(async (db) => {
      const userId = user === undefined ? undefined : (await findAnyUser(db, user)).id
      return listBaskets(db, {userId, held, all, ...pageRequest(flags)})
    })
    this.logTable(summaryColumns, page.results.map(summaryRow))
    this.logToStderr(describePage(page, 'basket'))
    return numberedPageJson(page, basketSummaryJson)
  }
}
