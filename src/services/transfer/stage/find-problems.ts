import type {Knex} from 'knex'

import {query} from '../../../db/query.ts'
import {type Problems, maxProblems} from '../fixture-problems.ts'

type Found<Row> = Row & {seq: number; record: string; count: number}

/** Adds a problem for each row of a query, which selects `seq`, `record` and `reason`. */
export async function findProblems(trx: Knex.Transaction, problems: Problems, sql: string): Promise<void> {
  addFound(problems, await queryProblems<{reason: string}>(trx, sql))
}

/** The first rows of a query, each with the number of all, for reasons that SQL cannot put into words. Pass them to addFound. */
export async function queryProblems<Row>(trx: Knex.Transaction, sql: string): Promise<Found<Row>[]> {
  return query(
    trx,
    `select found.*, count(*) over () as count
     from (${sql}) as found
     order by seq
     limit ${maxProblems}`,
  )
}

export function addFound(problems: Problems, rows: Found<{reason: string}>[]): void {
  problems.add(
    rows.map(({seq, record, reason}) => ({seq, record, reason})),
    rows[0]?.count ?? 0,
  )
}
