import type {BackupHeader} from '../services/backup/format.ts'

export type BackupJson = {
  file: string
  /** When the snapshot was taken. */
  created_at: string
  shop_version: string
  last_migration: string
  users: number
  products: number
  orders: number
  /** The number of rows of every table. */
  rows: Record<string, number>
}

export function backupJson(header: BackupHeader, file: string): BackupJson {
  const rows = Object.fromEntries(header.tables.map((table) => [table.name, table.rows]))
  const {users = 0, products = 0, orders = 0} = rows
  return {
    file,
    created_at: header.created_at,
    shop_version: header.shop_version,
    last_migration: header.migrations.at(-1) ?? '',
    users,
    products,
    orders,
    rows,
  }
}
