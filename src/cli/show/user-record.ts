import type {FailedLogins} from '../../services/accounts/login-tries.ts'
import type {UserRecord, UserSummary} from '../../services/accounts/user-record.ts'
import type {TokenSummary} from '../../services/accounts/user-tokens.ts'
import {describeOperator, formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

export const summaryColumns: Column[] = [
  {head: 'ID', align: 'right'},
  {head: 'Username', wraps: true},
  {head: 'State'},
  {head: 'Created (UTC)', wraps: true},
  {head: 'Last order (UTC)', wraps: true},
]

export function summaryRow({id, username, isActive, createdAt, lastOrderAt}: UserSummary): string[] {
  return [
    String(id),
    printable(username),
    stateOf({isActive}),
    formatTime(createdAt),
    lastOrderAt === null ? '' : formatTime(lastOrderAt),
  ]
}

function stateOf({isActive}: Pick<UserSummary, 'isActive'>): string {
  return isActive ? 'active' : 'deactivated'
}

/** `User 3, anna, created 2026-04-18 19:07:52 UTC: active since 2026-04-18 19:07:52 UTC.`, with orders and tokens. */
export function describeUser(user: UserRecord): string[] {
  const {id, username, createdAt, stateSince, orders, tokens} = user
  const since = stateSince === null ? '' : ` since ${formatTime(stateSince)} UTC`
  const totals = orders.totals.map(({currency, total}) => formatMoney(total, currency)).join(', ')
  const cancelled = orders.cancelled === 0 ? '' : `, and ${orders.cancelled} cancelled`
  const expiry = tokens.nextExpiry === null ? '' : `, the next one expires ${formatTime(tokens.nextExpiry)} UTC`
  return [
    `User ${id}, ${printable(username)}, created ${formatTime(createdAt)} UTC: ${stateOf(user)}${since}.`,
    `  Orders: ${orders.count}${totals === '' ? '' : `, ${totals}`}${cancelled}`,
    `  Tokens: ${tokens.count}${expiry}`,
    ...user.failedLogins.map(describeFailures),
  ]
}

function describeFailures({address, count, until}: FailedLogins): string {
  const from = address === null ? 'addresses that the user has not used' : printable(address)
  return `  Failed logins from ${from}: ${count}, which count until ${formatTime(until)} UTC`
}

export const changeColumns: Column[] = [
  {head: 'Changed (UTC)', wraps: true},
  {head: 'Change', wraps: true},
  {head: 'By', wraps: true},
]

export function changeRows({changes}: UserRecord): string[][] {
  return changes.map(({createdAt, change, operator, note}) => [
    formatTime(createdAt),
    change,
    describeOperator(operator, note),
  ])
}

export const tokenColumns: Column[] = [
  {head: 'Fingerprint'},
  {head: 'Created (UTC)', wraps: true},
  {head: 'Expires (UTC)', wraps: true},
]

export function tokenRow({fingerprint, createdAt, expiresAt}: TokenSummary): string[] {
  return [fingerprint, formatTime(createdAt), expiresAt === null ? 'never' : formatTime(expiresAt)]
}
