import type {ShopStatusJson} from '../../json/shop-status.ts'
import {formatBytes, formatCount, printable} from './format.ts'

/** What `shop status` prints: a line for each fact. */
export function describeStatus(status: ShopStatusJson): string[] {
  const {database, schema, users, products, orders, servers, programs, replicas} = status
  const size = formatBytes(database.bytes)
  const place =
    database.kind === 'embedded'
      ? `embedded PostgreSQL ${database.version} in ${database.location}, ${size}`
      : `PostgreSQL ${database.version} at ${database.location}, database ${database.name}, role ${database.role}, ${size}`
  return [
    `Database:  ${printable(place)}`,
    `Schema:    ${describeSchema(schema)}`,
    ...describeCount('Users:    ', users),
    ...describeCount('Products: ', products),
    ...describeCount('Orders:   ', orders),
    `Serving:   ${servers === 0 ? 'no shop serve' : `${servers} shop serve`}`,
    `Connected: ${describePrograms(programs, database.role)}`,
    ...replicas.map((replica) => `Replica:   ${describeReplica(replica)}`),
  ]
}

function describeReplica({replica, state, lag_seconds: lag}: ShopStatusJson['replicas'][number]): string {
  const says = {
    behind: 'too far behind to be read',
    foreign: 'not a copy of this database, so it is not read',
    promoted: 'a primary of its own, so it is not read',
    ready: `${((lag ?? 0) * 1000).toFixed(0)} ms behind`,
    unreachable: 'does not answer',
  }
  return printable(`${replica}, ${says[state]}`)
}

/** Those of the same role first. */
function describePrograms(programs: ShopStatusJson['programs'], ownRole: string): string {
  if (programs.length === 0) return 'nobody else'
  const roles = [...new Set([ownRole, ...programs.map(({role}) => role)])]
  const parts = roles.flatMap((role) => {
    const list = programs.filter((program) => program.role === role)
    if (list.length === 0) return []
    const names = list.map(({name, connections}) => `${name} (${connections})`).join(', ')
    return role === ownRole ? names : `as ${role}: ${names}`
  })
  return printable(parts.join('; '))
}

function describeSchema({state, last_migration: last, pending, unknown}: ShopStatusJson['schema']): string {
  switch (state) {
    case 'current':
      return `${last ?? ''}, up to date`
    case 'empty':
      return 'no tables yet. To create them, run: shop migrate'
    case 'newer':
      return `of a newer version of the shop (${unknown.join(', ')}). Use that version.`
    case 'outdated':
      return `${last ?? ''}, lacks ${pending.join(', ')}. Run: shop migrate`
  }
}

function describeCount(label: string, rows: ShopStatusJson['users']): string[] {
  return rows === null ? [] : [`${label} ${rows.is_estimate ? 'about ' : ''}${formatCount(rows.count)}`]
}
