import type {z} from 'zod'

import type {Currency} from '../../../../money.ts'
import {readAmount} from '../amounts.ts'
import type {ReadOptions} from '../../stage/stage.ts'
import {nativeOrder} from './native-schema.ts'
import {namePart, noteProblem, parseRecord, type RecordPlace} from '../parse-record.ts'

type ParsedOrder = z.output<typeof nativeOrder>

export function stageOrder(value: unknown, place: RecordPlace, {stage, currency: defaultCurrency}: ReadOptions): void {
  const parsed = parseRecord(nativeOrder, value, place)
  if (!parsed) return
  const {id, user, currency = defaultCurrency, created_at: createdAt, status} = parsed
  const order = {seq: place.seq}

  const lines = parsed.lines.map(({product: key, name, quantity, price}, index) => ({
    product: typeof key === 'number' ? {id: key} : {name: key},
    productName: name,
    unitPrice: readAmount(price, {currency, field: `lines[${index}].price`}, place),
    quantity,
  }))
  const total = readTotal(parsed, lines, {currency, place})
  stage.addOrder(place, {id, user: {name: user}, currency, total, createdAt, status})
  lines.forEach((line, index) => {
    stage.addLine(place, `lines[${index}].product`, {order, position: index + 1, ...line})
  })
  parsed.idempotency_keys.forEach(({key, fingerprint, created_at}, index) => {
    const own = stage.place(namePart(place, `idempotency_keys[${index}]`))
    stage.addKey(own, {order, key, fingerprint, createdAt: created_at})
  })
}

function readTotal(
  {total}: ParsedOrder,
  lines: {unitPrice: number; quantity: number}[],
  {currency, place}: {currency: Currency; place: RecordPlace},
): number {
  const sum = lines.reduce((total, {unitPrice, quantity}) => total + unitPrice * quantity, 0)
  if (!Number.isSafeInteger(sum)) noteProblem(place, 'the sum of the lines is too large')
  return total === undefined ? sum : readAmount(total, {currency, field: 'total'}, place)
}
