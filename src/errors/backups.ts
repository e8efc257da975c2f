import {ShopError} from './shop-error.ts'

/** The file is not a backup of the shop, or it was damaged since it was written. */
export class InvalidBackupError extends ShopError {
  readonly code = 'invalid_backup'
  constructor(reason: string, options?: ErrorOptions) {
    super(`${reason} Nothing was restored.`, {...options, hint: 'Restore another backup.'})
  }
}

/** The file was written by a version of the shop with migrations, or a format, that this one does not have. */
export class NewerBackupError extends ShopError {
  readonly code = 'newer_backup'
  constructor(version: string) {
    super(`A newer version of the shop (${version}) made this backup. Nothing was restored.`, {
      hint: 'Restore it with that version.',
    })
  }
}

/** A backup is restored only into an empty database. */
export class DatabaseNotEmptyError extends ShopError {
  readonly code = 'database_not_empty'
  /** `found` says what is in it, such as `rows in users`. */
  constructor(found: string) {
    super(`The database is not empty: it has ${found}. Nothing was restored.`, {
      hint:
        'Set SHOP_DATA_DIR to a new folder for an embedded database, or create another database with ' +
        '`createdb NAME` and set DATABASE_URL to it.',
    })
  }
}
