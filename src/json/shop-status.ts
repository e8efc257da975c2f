import type {ReplicaState} from '../services/shop/replicas.ts'
import type {ShopStatus} from '../services/shop/status.ts'

export type ShopStatusJson = {
  database: {
    kind: 'embedded' | 'server'
    /** The data folder of the embedded database, or the host and port of a server. */
    location: string
    name: string
    role: string
    version: string
    bytes: number
  }
  schema: {
    state: 'current' | 'empty' | 'newer' | 'outdated'
    last_migration: string | null
    pending: string[]
    unknown: string[]
  }
  users: RowCountJson | null
  products: RowCountJson | null
  orders: RowCountJson | null
  servers: number
  programs: {role: string; name: string; connections: number}[]
  replicas: {
    /** Its host and port. */
    replica: string
    state: ReplicaState
    /** How long it takes to replay what is written; null if that is too long. */
    lag_seconds: number | null
  }[]
}

type RowCountJson = {count: number; is_estimate: boolean}

export function shopStatusJson(
  {database, schema, rows, servers, programs, replicas}: ShopStatus,
  place: Pick<ShopStatusJson['database'], 'kind' | 'location'>,
): ShopStatusJson {
  const count = (name: keyof NonNullable<typeof rows>): RowCountJson | null =>
    rows === undefined ? null : {count: rows[name].count, is_estimate: rows[name].isEstimate}
  const last = schema.unknown.at(-1) ?? schema.applied.at(-1)
  return {
    database: {...place, ...database},
    schema: {
      state: schemaState(schema),
      last_migration: last?.name ?? null,
      pending: schema.pending,
      unknown: schema.unknown.map(({name}) => name),
    },
    users: count('users'),
    products: count('products'),
    orders: count('orders'),
    servers,
    programs,
    replicas: replicas.map(({replica, state, lagSeconds}) => ({replica, state, lag_seconds: lagSeconds})),
  }
}

function schemaState({applied, pending, unknown}: ShopStatus['schema']): ShopStatusJson['schema']['state'] {
  if (unknown.length > 0) return 'newer'
  if (applied.length === 0) return 'empty'
  return pending.length > 0 ? 'outdated' : 'current'
}
