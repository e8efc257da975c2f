import type {Knex} from 'knex'

/** Who refunded with a command, and why. Both are null for a refund that follows from a buyer's cancellation. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table refunds add column operator text, add column note text')
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table refunds drop column operator, drop column note')
}
