import type {Knex} from 'knex'

import {hasSqlState} from '../../../db/errors.ts'
import {onlyRow, query} from '../../../db/query.ts'
import {tryToLockListings} from '../../catalogue/load-listings.ts'

/** From this many new products on, dropping and rebuilding indexes and foreign keys pays for locking the tables. */
export const manyProducts = 50_000

const filledTables = ['products', 'product_prices', 'stock_levels', 'stock_movements']
const referencedTables = ['orders', 'products', 'stock_levels', 'stock_pools']

/** An index or a constraint, with the statements that drop and create it. */
type Part = {table: string; drop: string; create: string}

/**
 * A large load into a shop without products. The indexes of the product tables, and the foreign keys on them and to them,
 * are dropped before the load writes and created again afterwards: checking them row by row is more than half of the work
 * (the foreign keys alone take 35 of 60 µs a product). The tables stay locked until the transaction ends.
 */
export class FirstLoad {
  readonly #parts: Part[]

  private constructor(parts: Part[]) {
    this.#parts = parts
  }

  /**
   * Undefined if the shop has products, if the role does not own the tables, or if another session uses them. All locks are
   * taken NOWAIT in a savepoint: this neither waits nor deadlocks, and keeps no lock if it returns undefined.
   */
  static async begin(trx: Knex.Transaction): Promise<FirstLoad | undefined> {
    try {
      return await trx.transaction(async (savepoint) => FirstLoad.#lockAndDrop(savepoint))
    } catch (error) {
      if (error instanceof NotBegunError || hasSqlState(error, 'lockNotAvailable')) return undefined
      throw error
    }
  }

  static async #lockAndDrop(trx: Knex.Transaction): Promise<FirstLoad> {
    // A light lock first, so that a shop that already sells is not locked, not even for a moment.
    await query(trx, `lock table ${filledTables.join(', ')} in access share mode nowait`)
    if (!(await canBegin(trx))) throw new NotBegunError()
    // A running refresh would wait for these tables while this load waits for the refresh.
    if (!(await tryToLockListings(trx))) throw new NotBegunError()
    const parts = await findParts(trx)
    // A catalogue query would hold its lock on `listings` while it waits for the stock, and this load ends with `listings`.
    const tables = new Set([...filledTables, ...referencedTables, ...parts.map(({table}) => table), 'listings'])
    await query(trx, `lock table ${[...tables].join(', ')} nowait`)
    // Another session may have created a product before the tables were locked.
    if (!(await canBegin(trx))) throw new NotBegunError()

    for (const {drop} of parts) await query(trx, drop)
    // The tables are empty. Truncated in this transaction, they are written without WAL if wal_level is minimal.
    await query(trx, `truncate ${filledTables.join(', ')}`)
    return new FirstLoad(parts)
  }

  /** Creates the indexes and foreign keys again. To be called once everything is written. */
  async end(trx: Knex.Transaction): Promise<void> {
    // The planner still takes the tables for empty.
    await query(trx, `analyze ${filledTables.join(', ')}`)
    for (const {create} of this.#parts.toReversed()) await query(trx, create)
  }
}

/** Rolls the savepoint back, and with it the locks. */
class NotBegunError extends Error {}

/** Whether the tables are empty and belong to the role. */
async function canBegin(trx: Knex.Transaction): Promise<boolean> {
  const rows = await query<{canBegin: boolean}>(
    trx,
    `select ${filledTables.map((table) => `not exists (select from ${table})`).join(' and ')}
       and (
         select bool_and(pg_has_role(relowner, 'usage'))
         from pg_class
         where oid in (select conrelid from pg_constraint where confrelid = any (?::regclass[]))
           or oid = any (?::regclass[])
       ) as "canBegin"`,
    [referencedTables, [...referencedTables, ...filledTables, 'listings']],
  )
  return onlyRow(rows).canBegin
}

/** Foreign keys come first: the keys that they refer to cannot be dropped before them. */
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
    [referencedTables, filledTables, filledTables],
  )
}
