import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {ShopCommand} from '../src/cli/base-command.ts'
import {catalogueFlags} from '../src/cli/flags/catalogue-flags.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {pageFlags, pageRequest} from '../src/cli/flags/page-flags.ts'
import {
  allProductColumns,
  allProductRow,
  describeNoProducts,
  productColumns,
  productRow,
} from '../src/cli/show/products.ts'
import {describeCursorPage, describePage} from '../src/cli/show/page.ts'
import {
  cursorPageJson,
  moreJson,
  type MoreJson,
  numberedPageJson,
  type NumberedPageJson,
  type PageJson,
} from '../src/json/page.ts'
import {listedProductJson, type ListedProductJson} from '../src/json/product.ts'
import {listProducts, type Product} from '../src/services/catalogue/list.ts'
import {type AnyProduct, explainEmptyList, listAllProducts} from '../src/services/products/list-all.ts'
import type {CursorPage} from '../src/services/catalogue/walk.ts'
import type {Page} from '../src/services/page.ts'

type ProductPage = (CursorPage<AnyProduct> | Page<AnyProduct>) & {isMore?: boolean}

export default class ListProducts extends ShopCommand {
  static override summary = 'List the products that can be ordered now, or all of them.'
  static override description =
    'Lists products that are enabled, in stock and priced in the currency, by name or, in a search, by relevance. ' +
    'A search counts up to 10,000 products. ' +
    'With --all, lists the others as well, and says why they cannot be ordered.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --search "green te"',
    {
      description: 'Also disabled and sold-out ones, and those without a price',
      command: '<%= config.bin %> <%= command.id %> --all --search salt',
    },
    '<%= config.bin %> <%= command.id %> --ordering=-price --currency EUR',
    '<%= config.bin %> <%= command.id %> --page last --page-size 50',
    '<%= config.bin %> <%= command.id %> --cursor "" --json',
  ]
  static override flags = {
    all: Flags.boolean({
      summary: 'also list products that are disabled, sold out or without a price',
      exclusive: ['cursor'],
    }),
    ...pageFlags,
    ...catalogueFlags,
    currency: currencyFlag({summary: 'currency of the prices; SHOP_CURRENCY or USD by default'}),
  }

  async run(): Promise<MoreJson & (NumberedPageJson<ListedProductJson> | PageJson<ListedProductJson>)> {
    const {flags} = await this.parse(ListProducts)
    const {all, search, ordering, cursor} = flags
    const {currency: defaultCurrency} = this.shopConfig()
    const currency = flags.currency ?? defaultCurrency
    const filter = {currency, search, ordering}

    const {page, notice} = await this.withDatabase(async (db) => {
      const page = await read(db)
      return {
        page,
        notice:
          page.count === 0 && !all ? describeNoProducts(await explainEmptyList(db, currency), currency) : undefined,
      }
    })

    const head = page.results[0]?.currency ?? currency
    if (all) this.logTable(allProductColumns(head), page.results.map(allProductRow))
    else this.logTable(productColumns(head), page.results.map(productRow))
    const isNumbered = 'pageCount' in page
    this.logToStderr(notice ?? (isNumbered ? describePage(page, 'product') : describeCursorPage(page, 'product')))
    return {
      ...(isNumbered
        ? numberedPageJson(page, listedProductJson)
        : cursorPageJson(page, listedProductJson, (neighbour) => neighbour)),
      ...moreJson(page),
    }

    async function read(db: Knex): Promise<ProductPage> {
      if (all) return listAllProducts(db, {...filter, ...pageRequest(flags)})
      if (cursor === undefined) return withStates(await listProducts(db, {...filter, ...pageRequest(flags)}))
      // This module takes a tenth of a second to load.
      const {walkProducts} = await import('../src/services/catalogue/walk.ts')
      const request = {...filter, currency: flags.currency, cursor, pageSize: flags['page-size'], defaultCurrency}
      return withStates(await walkProducts(db, request))
    }
  }
}

/** What can be ordered is enabled. */
function withStates<Listed extends {results: Product[]}>(page: Listed): Listed & {results: AnyProduct[]} {
  return {...page, results: page.results.map((product) => ({...product, enabled: true}))}
}
