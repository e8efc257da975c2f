import {ShopCommand} from '../src/cli/base-command.ts'
import {pageFlags, pageRequest} from '../src/cli/flags/page-flags.ts'
import {describePage} from '../src/cli/show/page.ts'
import {poolColumns, poolRow} from '../src/cli/show/pools.ts'
import {numberedPageJson, type NumberedPageJson} from '../src/json/page.ts'
import {poolSummaryJson, type PoolSummaryJson} from '../src/json/stock.ts'
import {listPools} from '../src/services/stock/pools.ts'

export default class ListPools extends ShopCommand {
  static override summary = 'List the stock pools with what is in them, the oldest first.'
  static override description =
    'Shows how many products have stock in each pool, and how many units are on hand, held by baskets, and free.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = pageFlags

  async run(): Promise<NumberedPageJson<PoolSummaryJson>> {
    const {flags} = await this.parse(ListPools)
    const page = await this.withDatabase(async (db) => listPools(db, pageRequest(flags)))
    this.logTable(poolColumns, page.results.map(poolRow))
    this.logToStderr(describePage(page, 'stock pool'))
    return numberedPageJson(page, poolSummaryJson)
  }
}
