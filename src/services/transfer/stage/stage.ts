import type {Knex} from 'knex'

import type {CopyValue} from '../../../db/copy.ts'
import type {Currency} from '../../../money.ts'
import {isBcryptHash, isDjangoHash} from '../../accounts/password-hashes.ts'
import {type Bcrypt, hashPassword} from '../../accounts/passwords.ts'
import {isStorable} from '../../../text.ts'
import {
  defaultPool,
  type FixtureKey,
  type FixtureOrder,
  type FixtureOrderLine,
  type FixturePrice,
  type FixtureProduct,
  type FixtureToken,
  type FixtureUser,
  type Reference,
} from '../fixture.ts'
import type {RecordPlace} from '../formats/parse-record.ts'
import {RecordStage} from './record-stage.ts'
import type {StagedTable} from './staged-tables.ts'

export type ReadOptions = {
  /** Where a reader puts its records. */
  stage: Stage
  /** The currency of amounts that name none. */
  currency: Currency
  /** The number of the text's first line in the file. */
  firstLine: number
}

/** The stage of a fixture, with the tables of staged-tables.ts. */
export class Stage extends RecordStage<StagedTable> {
  /** The number of records that were skipped, by their Django model. */
  readonly skipped = new Map<string, number>()
  usersWithoutPassword = 0
  readonly #bcrypt: Bcrypt
  readonly #unhashed: {place: RecordPlace; user: FixtureUser; password: string}[] = []

  constructor(trx: Knex.Transaction, bcrypt: Bcrypt) {
    super(trx)
    this.#bcrypt = bcrypt
  }

  addUser(place: RecordPlace, user: FixtureUser): void {
    if (user.password === undefined) this.#addHashedUser(place, user)
    else this.#unhashed.push({place, user, password: user.password})
  }

  #addHashedUser(
    {seq, record}: RecordPlace,
    {id, username, passwordHash = '', isActive, createdAt}: FixtureUser,
  ): void {
    if (!isBcryptHash(passwordHash) && !isDjangoHash(passwordHash)) this.usersWithoutPassword++
    this.addRow('staged_users', [seq, record, id, username, passwordHash, isActive, createdAt])
  }

  addToken({seq, record}: RecordPlace, {user, hash, createdAt, expiresAt}: FixtureToken): void {
    this.addRow('staged_tokens', [seq, record, ...columnsOf(user), hash, createdAt, expiresAt])
  }

  addPool({seq}: RecordPlace, name: string): void {
    this.addRow('staged_pools', [seq, name])
  }

  addProduct({seq, record}: RecordPlace, product: FixtureProduct): void {
    const {id, name, sku, enabled, createdAt, maxPerOrder, stock} = product
    this.addRow('staged_products', [seq, record, id, name, sku, enabled, createdAt, maxPerOrder])
    // Every product has a level in the default stock pool.
    if (!stock.has(defaultPool)) this.addRow('staged_levels', [seq, defaultPool, 0])
    for (const [pool, quantity] of stock) this.addRow('staged_levels', [seq, pool, quantity])
  }

  addPrice({seq, record}: RecordPlace, price: FixturePrice): void {
    const {product, id, currency, amount, effectiveFrom} = price
    this.addRow('staged_prices', [seq, record, ...columnsOf(product), id, currency, amount, effectiveFrom])
  }

  addOrder({seq, record}: RecordPlace, {user, id, currency, total, createdAt, status}: FixtureOrder): void {
    this.addRow('staged_orders', [seq, record, ...columnsOf(user), id, currency, total, createdAt, status])
  }

  /** `field` is the place of the product in the record, for messages. */
  addLine({seq, record}: RecordPlace, field: string, line: FixtureOrderLine): void {
    const {order, product, position, productName, unitPrice, quantity} = line
    const references = [...columnsOf(order), ...columnsOf(product)]
    this.addRow('staged_lines', [seq, record, field, ...references, position, productName, unitPrice, quantity])
  }

  addKey({seq, record}: RecordPlace, {order, key, fingerprint, createdAt}: FixtureKey): void {
    this.addRow('staged_keys', [seq, record, columnsOf(order)[0], key, fingerprint, createdAt])
  }

  /** Remembers a record that is not valid, so that references to it are not reported as well. */
  addBroken(kind: string, {id, name}: {id?: unknown; name?: unknown}): void {
    const idColumn = typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined
    const nameColumn = typeof name === 'string' && isStorable(name) ? name : undefined
    this.addRow('staged_broken', [kind, idColumn, nameColumn])
  }

  protected override async drain(options: {all?: boolean} = {}): Promise<void> {
    for (const {place, user, password} of this.#unhashed.splice(0)) {
      this.#addHashedUser(place, {...user, passwordHash: await hashPassword(this.#bcrypt, password)})
    }
    await super.drain(options)
  }
}

/** The columns `x_seq, x_id, x_name`. */
function columnsOf(reference: Reference): [CopyValue, CopyValue, CopyValue] {
  if ('seq' in reference) return [reference.seq, undefined, undefined]
  return 'id' in reference ? [undefined, reference.id, undefined] : [undefined, undefined, reference.name]
}
