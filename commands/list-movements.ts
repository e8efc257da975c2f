import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {ShopCommand} from '../src/cli/base-command.ts'
import {csvFlag, writeCsv} from '../src/cli/csv-output.ts'
import {idFlag} from '../src/cli/flags/number-flags.ts'
import {keysetFlags, keysetRequest} from '../src/cli/flags/page-flags.ts'
import {productArg} from '../src/cli/flags/product-arg.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {csvCells, csvColumns, movementColumns, movementRow} from '../src/cli/show/movement-list.ts'
import {describeKeysetPage} from '../src/cli/show/page.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {type MovementJson, movementJson} from '../src/json/movement.ts'
import {keysetPageJson, type KeysetPageJson} from '../src/json/page.ts'
import {findOrder} from '../src/services/orders/history.ts'
import {identifyProduct, type ProductReference} from '../src/services/products/identify-product.ts'
import {listMovements, type MovementFilter, streamMovements} from '../src/services/stock/movements.ts'
import {findPool} from '../src/services/stock/pools.ts'

export default class ListMovements extends ShopCommand {
  static override summary = 'List how stock moved, newest first.'
  static override description =
    'The reason is order, cancel, adjust, move (between stock pools) or load (the first stock of a product). Movements ' +
    'made by commands show the operator and the --reason given. --csv prints all matching movements as of one moment.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Of a product', command: '<%= config.bin %> <%= command.id %> 6 --from 2026-01-01 --pool default'},
    {description: 'Of an order', command: '<%= config.bin %> <%= command.id %> --order 1 --json'},
    '<%= config.bin %> <%= command.id %> --csv > movements.csv',
  ]
  static override args = {product: productArg({description: 'product id, SKU or unique name; all products by default'})}
  static override flags = {
    order: idFlag({summary: 'only movements of this order'}),
    pool: Flags.string({summary: 'only movements of this stock pool', helpValue: 'NAME'}),
    from: timeFlag({summary: 'only movements at this time or later'}),
    to: timeFlag({summary: 'only movements before this time'}),
    csv: csvFlag,
    ...keysetFlags,
  }

  async run(): Promise<KeysetPageJson<MovementJson> | undefined> {
    const {args, flags} = await this.parse(ListMovements)
    const {csv, order: orderId, pool, from, to} = flags
    const filter = {orderId, from, to}
    const names = {pool, product: args.product, orderId}
    if (csv) {
      return untilInterrupted(async (signal) =>
        this.withDatabase(
          async (db) => {
            const found = {...filter, ...(await find(db, names))}
            await streamMovements(db, found, async (rows) => writeCsv(csvColumns, rows, {toCells: csvCells, signal}))
            return undefined
          },
          {signal},
        ),
      )
    }
    const page = await this.withDatabase(async (db) =>
      listMovements(db, {...filter, ...(await find(db, names)), ...keysetRequest(flags)}),
    )
    this.logTable(movementColumns, page.results.map(movementRow))
    this.logToStderr(describeKeysetPage(page, 'movement'))
    return keysetPageJson(page, movementJson)
  }
}

type Names = {orderId: number | undefined; pool: string | undefined; product: ProductReference | undefined}

/** Refuses an order that does not exist, rather than to list nothing. */
async function find(db: Knex, {orderId, pool, product}: Names): Promise<Pick<MovementFilter, 'poolId' | 'productId'>> {
  if (orderId !== undefined) await findOrder(db, {id: orderId})
  return {
    poolId: pool === undefined ? undefined : (await findPool(db, pool)).id,
    productId: product && (await identifyProduct(db, product)),
  }
}
