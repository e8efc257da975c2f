import {Errors, Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {requireConsent, requireTerminal} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {idFlag} from '../src/cli/flags/number-flags.ts'
import {productFlag} from '../src/cli/flags/product-arg.ts'
import {identifyProduct} from '../src/services/products/identify-product.ts'
import {countHolds, type HoldCount, type HoldFilter, releaseHolds} from '../src/services/baskets/release.ts'
import {countOf} from '../src/text.ts'

export default class ReleaseHolds extends ShopCommand {
  static override summary = 'End holds of baskets, so that their stock can be sold to others.'
  static override description =
    'Releases the holds that match every flag. The baskets keep their lines, and can still be checked out while there is stock. ' +
    'In a terminal, asks for confirmation, unless only expired holds are released.'
  static override examples = [
    {description: 'All holds of a product', command: '<%= config.bin %> <%= command.id %> --product 6'},
    {description: 'Without a terminal', command: '<%= config.bin %> <%= command.id %> --basket 12 --yes'},
    {
      description: 'What a running server does every second',
      command: '<%= config.bin %> <%= command.id %> --expired --json',
    },
  ]
  static override flags = {
    product: productFlag({char: 'p', summary: 'holds of this product, by id, SKU or unique name'}),
    basket: idFlag({summary: 'holds of this basket'}),
    expired: Flags.boolean({summary: 'holds that have expired and have not been removed yet'}),
    yes: Flags.boolean({char: 'y', summary: 'do not ask for confirmation'}),
  }

  async run(): Promise<HoldCount> {
    const {flags} = await this.parse(ReleaseHolds)
    const {product, basket: basketId, expired, yes} = flags
    if (product === undefined && basketId === undefined && !expired) {
      throw new Errors.CLIError('Pass --product, --basket or --expired, to say which holds to release.')
    }
    const isConfirmed = yes || expired
    if (!isConfirmed) requireTerminal('Pass --yes to release holds that have not expired.')

    const released = await this.withDatabase(async (db) => {
      const filter = {productId: product && (await identifyProduct(db, product)), basketId, expired}
      if (!isConfirmed) await confirm(db, filter)
      return releaseHolds(db, filter)
    })
    this.log(released.holds === 0 ? 'There are no such holds.' : `Released ${describe(released)}.`)
    return released
  }
}

async function confirm(db: Knex, filter: HoldFilter): Promise<void> {
  const count = await countHolds(db, filter)
  if (count.holds > 0) await requireConsent(`Release ${describe(count)}?`, 'Nothing was released.')
}

function describe({units, products}: HoldCount): string {
  return `${countOf(units, 'unit')} of ${countOf(products, 'product')}`
}
