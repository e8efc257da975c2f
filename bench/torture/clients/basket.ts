import {setTimeout as sleep} from 'node:timers/promises'

import {contentOf} from '../check/books.ts'
import type {Item, Products} from '../history.ts'
import {type Call, readMember, readNumber, type Reply, readText} from './http-client.ts'
import {actOn, type Bought} from './orders.ts'
import {isWorthRepeating, pauseBeforeTry, type Session, tell} from './session.ts'

type Content = Map<number, number>

/**
 * The basket of a client as it must be. Every change names the version that it is for, so that one without an answer happens
 * before the next one or never; until then, the basket may be as before or as after it.
 */
export class BasketOfClient {
  readonly #session: Session
  readonly #products: Products
  #content: Content = new Map()
  /** What the basket may be instead, after a change without an answer. */
  #alternatives: Content[] = []
  #version: string | undefined
  #basketId: number | undefined
  #checkouts = 0

  constructor(session: Session, products: Products) {
    this.#session = session
    this.#products = products
  }

  /** Does one thing with the basket. Returns the order, if it was checked out. */
  async act(): Promise<Bought | undefined> {
    const {random, userId} = this.#session
    if (this.#version === undefined && !(await this.#read())) return undefined
    const draw = random.next()
    const [some] = this.#content.keys()
    if (draw < 0.5 || this.#content.size === 0) {
      const {hot, rare, many} = this.#products
      const productId = random.pick(random.pick([hot, rare, many]))
      const quantity = random.between(1, 3)
      const path = `/basket/items/${productId}/`
      await this.#change('set', {method: 'PUT', path, body: {quantity}}, (content) => content.set(productId, quantity))
    } else if (draw < 0.6 && some !== undefined) {
      const call = {method: 'DELETE', path: `/basket/items/${some}/`}
      await this.#change('remove', call, (content) => content.delete(some))
    } else if (draw < 0.68) {
      await this.#change('hold', {method: 'POST', path: '/basket/hold/'}, () => undefined)
    } else if (draw < 0.75) {
      await tell(this.#session, {kind: 'basket', userId}, {method: 'GET', path: '/basket/'})
    } else {
      return this.#checkOut()
    }
    return undefined
  }

  async #change(kind: 'hold' | 'remove' | 'set', call: Call, apply: (content: Content) => unknown): Promise<void> {
    const {userId} = this.#session
    const changed = new Map(this.#content)
    apply(changed)
    const headers = {'if-match': this.#version ?? '*'}
    const {reply, outcome, id} = await tell(this.#session, {kind, userId, detail: call.path}, {...call, headers})
    if (outcome.type === 'ok' && reply.kind === 'answer') {
      this.#alternatives = []
      this.#adopt(reply, [changed], id)
    } else if (outcome.type === 'unknown') this.#mayBe(changed)
    else if (outcome.type === 'refused') this.#version = undefined
  }

  async #checkOut(): Promise<Bought | undefined> {
    const {random, userId, methods, name, signal} = this.#session
    const key = `checkout ${name} ${++this.#checkouts}`
    const method = random.chance(0.4)
      ? methods.get(random.pick(['ok', 'ok', 'declined', 'requires_action', 'slow_3s', 'processing_then_captured']))
      : undefined
    const items = itemsOf(this.#content)
    const request = {kind: 'checkout' as const, userId, items, key, isPaid: method !== undefined}
    // The version's content is certain, and a checkout that is late cannot order another one.
    const headers = {'idempotency-key': key, 'if-match': this.#version ?? '*'}
    const body = {
      ...(this.#basketId !== undefined && {basket: this.#basketId}),
      ...(method !== undefined && {payment_method: method, return_url: 'https://shop.example/done'}),
    }
    for (let tries = 0; ; tries++) {
      const {reply, outcome} = await tell(this.#session, request, {
        method: 'POST',
        path: '/basket/checkout/',
        headers,
        body,
      })
      if (outcome.type === 'ok' && outcome.orderId !== undefined && reply.kind === 'answer') {
        const isOpen = readText(reply.body, 'payment_status') === 'pending'
        await actOn(this.#session, reply.body)
        // A change that was still on its way was for the basket that is ordered now.
        this.#alternatives = isOpen ? [new Map<number, number>(), ...this.#alternatives, this.#content] : []
        if (!isOpen) this.#content = new Map()
        this.#version = undefined
        return {orderId: outcome.orderId, items}
      }
      if (outcome.type === 'unknown' || isWorthRepeating(outcome)) {
        if (outcome.type === 'unknown') this.#mayBe(new Map())
        if (tries < 30 && !signal.aborted) {
          await pauseBeforeTry(this.#session, tries)
          continue
        }
      }
      this.#version = undefined
      return undefined
    }
  }

  /** Reads the basket, which must be what the client knows. Returns whether it was read. */
  async #read(): Promise<boolean> {
    const {userId, signal, random} = this.#session
    const {reply, outcome, id} = await tell(this.#session, {kind: 'basket', userId}, {method: 'GET', path: '/basket/'})
    if (outcome.type !== 'ok' || reply.kind !== 'answer') {
      await sleep(random.between(100, 500), undefined, {signal}).catch(() => undefined)
      return false
    }
    this.#adopt(reply, [this.#content, ...this.#alternatives], id)
    return true
  }

  #adopt(reply: Extract<Reply, {kind: 'answer'}>, possible: Content[], id: number): void {
    const lines = readMember(reply.body, 'items')
    const shown: Content = new Map(
      (Array.isArray(lines) ? lines : []).map((line) => [
        readNumber(line, 'product_id') ?? 0,
        readNumber(line, 'quantity') ?? 0,
      ]),
    )
    const content = contentOf(itemsOf(shown))
    if (!possible.some((one) => contentOf(itemsOf(one)) === content)) {
      const expected = possible.map((one) => contentOf(itemsOf(one)) || 'nothing').join(' or ')
      this.#session.history.contradict(`The basket has ${content || 'nothing'} instead of ${expected}.`, id)
    }
    this.#content = shown
    this.#version = reply.etag
    this.#basketId = readNumber(reply.body, 'id')
  }

  #mayBe(content: Content): void {
    this.#alternatives = [...this.#alternatives, new Map(this.#content), content]
    this.#version = undefined
  }
}

function itemsOf(content: Content): Item[] {
  return [...content].map(([productId, quantity]) => ({productId, quantity}))
}
