import type {Knex} from 'knex'

import {hasSqlState} from '../../../db/errors.ts'
import {query} from '../../../db/query.ts'
import {tryToLockListings} from '../../catalogue/load-listings.ts'
import {defaultPool} from '../fixture.ts'
import {tryToLockLoads} from '../load-lock.ts'
import {advanceSequence} from './sequences.ts'

/** From this many products on, checks and indexes row by row take longer than the locks would be worth. */
export const manyProducts = 50_000

const filledTables = ['products', 'product_prices', 'stock_levels', 'stock_movements']
const checkedTables = ['orders', 'products', 'stock_levels', 'stock_pools']

/** What is taken off a table and put back, as statements. */
type Part = {table: string; drop: string; create: string}

/**
 * A large load into a shop without products. The shop has nothing that the file could have too, so that stock and prices go to
 * its tables as they are read; references are checked, and indexes built, all at once in the end. Row by row they are more
 * than half of the work: the checks alone 35 of 60 µs a product. The tables are locked until the transaction ends, so that a shop
 * that sells goes without.
 */
export class FirstLoad {
  readonly defaultPoolId: number
  /** The time of what the file gives none, in the form of src/db/types.ts. */
  readonly time: string
  readonly #parts: Part[]

  private constructor({defaultPoolId, time}: Terms, parts: Part[]) {
    this.defaultPoolId = defaultPoolId
    this.time = time
    this.#parts = parts
  }

  /**
   * 'never' where the shop has products, or the tables are not the user's own, who else could not change them; 'notYet' while others
   * use the tables, or load. It waits for nobody, which could become a circle, and holds no lock where it does not begin.
   */
  static async begin(trx: Knex.Transaction): Promise<FirstLoad | 'never' | 'notYet'> {
    try {
      return await trx.transaction(async (savepoint) => FirstLoad.#tryToBegin(savepoint))
    } catch (error) {
      if (error instanceof NotBegun) return error.reason
      if (hasSqlState(error, 'lockNotAvailable')) return 'notYet'
      throw error
    }
  }

  static async #tryToBegin(trx: Knex.Transaction): Promise<FirstLoad> {
    await query(trx, `lock table ${filledTables.join(', ')}, stock_pools in access share mode nowait`)
    if (!(await findTerms(trx))) throw new NotBegun('never')
    if (!(await tryToLockLoads(trx)) || !(await tryToLockListings(trx))) throw new NotBegun('notYet')
    const parts = await findParts(trx)
    const tables = new Set([...filledTables, ...checkedTables, ...parts.map(({table}) => table)])
    await query(trx, `lock table ${[...tables].join(', ')} nowait`)
    // Somebody may have created a product before the tables were locked.
    const terms = await findTerms(trx)
    if (!terms) throw new NotBegun('never')

    for (const {drop} of parts) await query(trx, drop)
    // Empty as they are: tables that begin in a transaction are written once where no other server follows this one.
    await query(trx, `truncate ${filledTables.join(', ')}`)
    return new FirstLoad(terms, parts)
  }

  /** To be called once all is read. Prices without a number in the file come behind those with one, as in any load. */
  async renumberPrices(trx: Knex.Transaction): Promise<void> {
    const [row] = await query<{haveNumbers: boolean}>(
      trx,
      'select exists (select from staged_prices where id is not null) as "haveNumbers"',
    )
    if (row?.haveNumbers !== true) return
    await advanceSequence(trx, 'product_prices')
    await query(trx, `update product_prices set id = nextval('product_prices_id_seq')`)
  }

  /** To be called once all is written. */
  async end(trx: Knex.Transaction): Promise<void> {
    // What the planner knows of the tables is from when they were empty.
    await query(trx, `analyze ${filledTables.join(', ')}`)
    for (const {create} of this.#parts.toReversed()) await query(trx, create)
  }
}

/** Takes back the savepoint. */
class NotBegun extends Error {
  readonly reason: 'never' | 'notYet'

  constructor(reason: 'never' | 'notYet') {
    super(reason)
    this.reason = reason
  }
}

type Terms = {defaultPoolId: number; time: string}

async function findTerms(trx: Knex.Transaction): Promise<Terms | undefined> {
  const [terms] = await query<Terms>(
    trx,
    `select id as "defaultPoolId", now() as time
     from stock_pools
     where name = ?
       and ${filledTables.map((table) => `not exists (select from ${table})`).join(' and ')}
       and (
         select bool_and(pg_has_role(relowner, 'usage'))
         from pg_class
         where oid in (select conrelid from pg_constraint where confrelid = any (?::regclass[]))
           or oid = any (?::regclass[])
       )`,
    [defaultPool, checkedTables, [...checkedTables, ...filledTables]],
  )
  return terms
}

/** Foreign keys first, which need the keys that they refer to. */
async function findParts(trx: Knex.Transaction): Promise<Part[]> {
  return query<Part>(
    trx,
    `select conrelid::regclass::text as table,
            format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
            format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as create,
            case contype when 'f' then 1 else 2 end as step
     from pg_constraint
     where contype = 'f' and confrelid = any (?::regclass[])
        or contype in ('p', 'u') and conrelid = any (?::regclass[])
     union all
     select indrelid::regclass::text, format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid), 2
     from pg_index
     where indrelid = any (?::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
     order by step`,
    [checkedTables, filledTables, filledTables],
  )
}
