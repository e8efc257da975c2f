import type {Knex} from 'knex'

/**
 * Finds products by name, also those that are not listed, and lets a product be deleted with the movements of its first
 * load. The index is built under a lock that keeps changes of products out, but no orders.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index products_name_idx on products (name, id);

    create or replace trigger stock_movements_append_only before update on stock_movements
      for each statement execute function refuse_change();
    create trigger stock_movements_undeletable before delete on stock_movements
      for each statement when (current_setting('shop.delete_product', true) is distinct from 'on')
      execute function refuse_change();
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger stock_movements_undeletable on stock_movements;
    create or replace trigger stock_movements_append_only before update or delete on stock_movements
      for each statement execute function refuse_change();
    drop index products_name_idx;
  `)
}
