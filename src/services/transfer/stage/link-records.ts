import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {findProblems} from './find-problems.ts'
import type {Problems} from '../fixture-problems.ts'
import type {StagedTable} from './staged-tables.ts'

type Target = 'order' | 'product' | 'user'

type Link = {
  from: StagedTable
  to: Target
  /** SQL for the place of the reference in the record, as messages name it. */
  field: string
}

const links: Link[] = [
  {from: 'staged_tokens', to: 'user', field: "'user'"},
  {from: 'staged_prices', to: 'product', field: "'product'"},
  {from: 'staged_orders', to: 'user', field: "'user'"},
  {from: 'staged_lines', to: 'product', field: 'source.field'},
  {from: 'staged_lines', to: 'order', field: "'order'"},
]

/** In messages about a Django dump, targets have the names of their models. */
const djangoKinds: Record<Target, string> = {user: 'auth.user', product: 'products.product', order: 'orders.order'}

/** Resolves references by id or name. Adds a problem for each whose target is missing in the file or not unique. */
export async function linkRecords(
  trx: Knex.Transaction,
  problems: Problems,
  {isDjango}: {isDjango: boolean},
): Promise<void> {
  for (const link of links) {
    const kind = isDjango ? djangoKinds[link.to] : link.to
    await resolve(trx, link)
    await findProblems(trx, problems, danglingReferences(link, kind))
    // Only the names of products may repeat.
    if (link.to === 'product') await findProblems(trx, problems, ambiguousReferences(link, kind))
  }
}

async function resolve(trx: Knex.Transaction, {from, to}: Link): Promise<void> {
  const keys = to === 'order' ? ['id'] : ['id', 'name']
  for (const key of keys) {
    await query(
      trx,
      `update ${from} as source
       set ${to}_seq = target.seq
       from staged_${to}s as target
       where source.${to}_seq is null and target.${key} = source.${to}_${key}`,
    )
  }
}

function danglingReferences({from, to, field}: Link, kind: string): string {
  return `select seq, record, ${reasonOf({to, field}, kind, 'which is not in the file')}
          from ${from} as source
          where ${to}_seq is null
            and not exists (
              select from staged_broken as broken
              where kind = '${to}' and (broken.id = source.${to}_id or broken.name = source.${to}_name)
            )`
}

function ambiguousReferences({from, to, field}: Link, kind: string): string {
  return `select seq, record, ${reasonOf({to, field}, kind, 'which is in the file more than once')}
          from ${from} as source
          where ${to}_name in (
            select name
            from staged_${to}s
            where name in (select ${to}_name from ${from})
            group by name
            having count(*) > 1
          )`
}

function reasonOf({to, field}: Pick<Link, 'field' | 'to'>, kind: string, what: string): string {
  const key = `coalesce(to_json(source.${to}_id), to_json(source.${to}_name))`
  return `format('%s refers to ${kind} %s, ${what}', ${field}, ${key}) as reason`
}
