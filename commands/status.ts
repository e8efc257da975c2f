import {ShopCommand} from '../src/cli/base-command.ts'
import {describeStatus} from '../src/cli/show/shop-status.ts'
import {describeLocation} from '../src/db/connect.ts'
import {shopStatusJson, type ShopStatusJson} from '../src/json/shop-status.ts'
import {shopStatus} from '../src/services/shop/status.ts'

export default class Status extends ShopCommand {
  static override summary = 'Show which database the shop uses, what is in it, and who is connected.'
  static override description =
    'Changes nothing, and works with any schema. More than 100,000 rows are estimated. To find out what is wrong, run doctor.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<ShopStatusJson> {
    await this.parse(Status)
    const {database, replicas} = this.shopConfig()
    const status = await this.withDatabase(async (db) => shopStatus(db, {replicas}), {schema: 'any'})
    const json = shopStatusJson(status, {
      kind: database.kind === 'embedded' ? 'embedded' : 'server',
      location: describeLocation(database),
    })
    for (const line of describeStatus(json)) this.logText(line)
    return json
  }
}
