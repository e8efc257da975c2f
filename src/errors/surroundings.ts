import {ShopError} from './shop-error.ts'

/** The environment or a flag has a value that the shop cannot use. */
export class ConfigurationError extends ShopError {
  readonly code = 'invalid_configuration'
}

/** The shop cannot reach its database, or cannot start the embedded one. */
export class DatabaseUnavailableError extends ShopError {
  readonly code = 'database_unavailable'
}

/** The database lacks tables or columns that this version of the shop needs. */
export class SchemaOutdatedError extends ShopError {
  readonly code = 'schema_outdated'
  constructor({isEmpty = false, ...options}: ErrorOptions & {isEmpty?: boolean} = {}) {
    if (isEmpty) {
      super('This shop is empty: its database has no tables yet.', {
        ...options,
        hint: 'To create them, run: shop migrate. To try the shop with some products, run: shop serve --demo',
      })
      return
    }
    const hint = 'To bring it up to date, run: shop migrate'
    super('The database lacks tables or columns that this version of the shop needs.', {...options, hint})
  }
}

/** A newer version of the shop migrated the database, with migrations that this version does not have. */
export class SchemaNewerError extends ShopError {
  readonly code = 'schema_newer'
  constructor(migrations: readonly string[], options?: {hint?: string}) {
    super(
      `This database was migrated by a newer version of the shop (${migrations.join(', ')}). Use that version.`,
      options,
    )
  }
}

/** A server of the shop uses the database, which a rollback or a restore would take away from it. */
export class ShopServingError extends ShopError {
  readonly code = 'shop_serving'
  constructor(outcome = 'Nothing was rolled back.') {
    super(`A shop serves this database. ${outcome}`, {
      hint: 'Stop every `shop serve` that uses the database first.',
    })
  }
}

/** The database changes nothing: it is a standby, or an administrator made it read-only. */
export class DatabaseReadOnlyError extends ShopError {
  readonly code = 'database_read_only'
  constructor(options?: ErrorOptions) {
    super('The database is read-only. Nothing was changed.', {
      ...options,
      hint:
        'Check that DATABASE_URL or POSTGRES_HOST points to the primary server, not to a standby, and that ' +
        'default_transaction_read_only is off for the server, the database and the role.',
    })
  }
}

/** The database role lacks a right. */
export class PermissionDeniedError extends ShopError {
  readonly code = 'permission_denied'
}

/** The database cannot write, because its disk is full. */
export class DatabaseFullError extends ShopError {
  readonly code = 'disk_full'
  constructor(reason: string, options?: ErrorOptions) {
    super(`The disk of the database is full: ${reason}. Nothing was changed.`, {
      ...options,
      hint: 'Free some space on the disk of the database server, and run the command again.',
    })
  }
}
