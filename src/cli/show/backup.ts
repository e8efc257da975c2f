import type {BackupJson} from '../../json/backup.ts'
import {plural} from '../../text.ts'
import {formatCount} from './format.ts'

/** `3 users, 47 products and 1,200 orders` */
export function describeContent({users, products, orders}: Pick<BackupJson, 'orders' | 'products' | 'users'>): string {
  return `${count(users, 'user')}, ${count(products, 'product')} and ${count(orders, 'order')}`
}

function count(number: number, noun: string): string {
  return `${formatCount(number)} ${plural(number, noun)}`
}
