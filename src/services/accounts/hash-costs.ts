import type {Knex} from 'knex'

import {onlyRow, query} from '../../db/query.ts'
import {bcryptCost, type HashCosts, maxBcryptCost, maxIterations} from './password-hashes.ts'

export type FindHashCosts = () => Promise<HashCosts>

/** How long a result is used. Costs change only if a fixture brings others, or its users log in. */
const maxAgeMs = 10 * 60_000

/** Remembers the highest costs of all users' hashes: reading them takes 100 ms for 100,000 users. */
export function createHashCostLookup(db: Knex): FindHashCosts {
  let current: {costs: Promise<HashCosts>; readAt: number} | undefined
  return async () => {
    if (current && performance.now() - current.readAt < maxAgeMs) return current.costs
    const reading = {costs: readHashCosts(db), readAt: performance.now()}
    current = reading
    try {
      return await reading.costs
    } catch (error) {
      if (current === reading) current = undefined
      throw error
    }
  }
}

/** The cost of bcrypt is at least that of new hashes. */
export async function readHashCosts(db: Knex): Promise<HashCosts> {
  const found = await query<{cost: number | null; iterations: number | null}>(
    db,
    String.raw`
    select
      max(cost) filter (where cost between 4 and ?) as cost,
      max(iterations) filter (where iterations <= ?) as iterations
    from (
      select
        substring(password_hash from '^\$2[aby]\$(\d\d)\$')::int as cost,
        substring(password_hash from '^pbkdf2_sha256\$([1-9]\d{0,8})\$')::int as iterations
      from users
    ) as hashes`,
    [maxBcryptCost, maxIterations],
  )
  const {cost, iterations} = onlyRow(found)
  return {bcryptCost: Math.max(cost ?? 0, bcryptCost), iterations: iterations ?? 0}
}
