import {askId} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {idArg} from '../src/cli/flags/number-flags.ts'
import {describeBasket, holdColumns, holdRows, lineColumns, lineRows} from '../src/cli/show/basket-record.ts'
import {basketRecordJson, type BasketRecordJson} from '../src/json/basket-record.ts'
import {findBasketRecord} from '../src/services/baskets/record.ts'

export default class ShowBasket extends ShopCommand {
  static override summary = 'Show a basket with its lines, their problems and what it holds of each stock pool.'
  static override description = 'In a terminal, asks for a missing id. To see the ids, run list-baskets.'
  static override examples = ['<%= config.bin %> <%= command.id %> 12', '<%= config.bin %> <%= command.id %> 12 --json']
  static override args = {
    id: idArg({description: 'basket id'}),
  }

  async run(): Promise<BasketRecordJson> {
    const {args} = await this.parse(ShowBasket)
    const id = args.id ?? (await askId('Basket id', 'Pass ID, a basket id.'))
    const basket = await this.withDatabase(async (db) => findBasketRecord(db, id))
    this.logText(describeBasket(basket))
    this.logTable(lineColumns, lineRows(basket), 'Items')
    this.logTable(holdColumns, holdRows(basket), 'Holds')
    return basketRecordJson(basket)
  }
}
