import type {Attempt} from '../history.ts'
import type {Books, Finding, Loaded} from './books.ts'
import {groupBy} from './group-by.ts'

/** Sold + held + free = loaded + adjusted, for each product; and each adjustment as it was answered. */
export function judgeStock(attempts: Attempt[], {orders, levels, adjustments}: Books, loaded: Loaded): Finding[] {
  const sold = new Map<number, number>()
  for (const {productId, quantity} of orders.flatMap(({status, items}) => (status === 'placed' ? items : []))) {
    sold.set(productId, (sold.get(productId) ?? 0) + quantity)
  }
  const adjusted = new Map<number, number>()
  for (const {productId, by} of adjustments) adjusted.set(productId, (adjusted.get(productId) ?? 0) + by)

  const findings: Finding[] = []
  const kept = new Map(levels.map((level) => [level.productId, level]))
  for (const [productId, {stock}] of loaded) {
    const {onHand, reserved, held, least} = kept.get(productId) ?? none
    const [out, change] = [sold.get(productId) ?? 0, adjusted.get(productId) ?? 0]
    const books = `${out} sold, ${onHand} on hand of which ${held} are held, ${stock} loaded, ${change} adjusted, at the least ${least}`
    const find = (kind: Finding['kind'], what: string): Finding => ({
      kind,
      text: `Product ${productId}: ${what}: ${books}.`,
      requests: [],
    })
    if (out > stock + change || onHand < 0 || held > onHand || least < 0)
      findings.push(find('oversold', 'more is sold or held than there is'))
    else if (out + onHand !== stock + change) findings.push(find('wrong', 'the stock does not add up'))
    if (reserved !== held) findings.push(find('wrong', `${reserved} are reserved`))
  }
  return [...findings, ...judgeAdjustments(attempts, adjustments)]
}

const none = {onHand: 0, reserved: 0, held: 0, least: 0}

function judgeAdjustments(attempts: Attempt[], adjustments: Books['adjustments']): Finding[] {
  const kept = groupBy(adjustments, ({note}) => note)
  const findings: Finding[] = []
  for (const {id, request, outcome} of attempts) {
    if (request.kind !== 'adjust') continue
    const {note, productId, by} = request
    const rows = kept.get(note) ?? []
    kept.delete(note)
    const find = (kind: Finding['kind'], what: string): void => {
      findings.push({kind, text: `The adjustment "${note}" of product ${productId} ${what}.`, requests: [id]})
    }
    if (rows.some((row) => row.productId !== productId || row.by !== by)) find('wrong', `is ${JSON.stringify(rows)}`)
    if (rows.length > 1) find('doubled', 'is there more than once')
    if (rows.length === 0 && outcome?.type === 'ok') find('lost', 'was confirmed, and is not there')
    if (rows.length > 0 && outcome?.type === 'refused') find('doubled', 'was refused, and is there')
  }
  for (const note of kept.keys())
    findings.push({kind: 'wrong', text: `Nobody asked for the adjustment "${note}".`, requests: []})
  return findings
}
