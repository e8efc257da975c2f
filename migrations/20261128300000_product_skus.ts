import type {Knex} from 'knex'

/**
 * The operator's own number of a product. The previous version neither reads nor writes it.
 *
 * The unique index is partial for a reason: PostgreSQL takes the columns of a full one for a possible target of foreign
 * keys, and a change of a SKU would then wait for every order of the product. SKUs are compared by their bytes.
 *
 * Products whose listing does not change no longer get a refresh. A transaction that defers its listings notes what it
 * changed itself.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table products
      add column sku text collate "C",
      add constraint products_sku_check check (length(sku) between 1 and 255);
    create unique index products_sku_key on products (sku) where sku is not null;

    drop trigger note_product on products;
    create trigger note_product after update on products for each row
      when (
        (old.name, old.enabled) is distinct from (new.name, new.enabled)
        and current_setting('shop.defer_listings', true) is distinct from 'on'
      )
      execute function note_product();
  `)
}

/** SKUs are lost. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger note_product on products;
    create trigger note_product after update on products for each row execute function note_product();
    alter table products drop column sku;
  `)
}
