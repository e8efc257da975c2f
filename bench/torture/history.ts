import {createWriteStream} from 'node:fs'
import {finished} from 'node:stream/promises'

export type Item = {productId: number; quantity: number}

type Ids = [number, ...number[]]

/** The ids of products that everybody wants, of which there are few, and of which there are many;
 * and of the one that all want at once. */
export type Products = {hot: Ids; rare: Ids; many: Ids; rush: number}

/** What a client asked for. Requests with one `key` of a user are one order, however often they are sent. */
export type Request =
  | {kind: 'order'; userId: number; items: Item[]; key?: string; isPaid: boolean}
  /** `items` is what the basket has. */
  | {kind: 'checkout'; userId: number; items: Item[]; key: string; isPaid: boolean}
  | {kind: 'cancel'; userId: number; orderId: number}
  | {kind: 'adjust'; productId: number; by: number; note: string}
  | {kind: 'action' | 'basket' | 'history' | 'hold' | 'look-up' | 'remove' | 'set'; userId: number; detail?: string}

/**
 * `isPending`: the payment of the order is not decided, and may still fail. `refused`: the answer says that nothing happened, or the request was never sent. `unknown`: it may have happened, or
 * may happen later.
 */
export type Outcome =
  | {type: 'ok'; orderId?: number; total?: string; isPending?: boolean}
  | {type: 'refused'; code: string}
  | {type: 'unknown'; code: string}

/** A request with its answer. Times are milliseconds since the start of the run. */
export type Attempt = {id: number; client: string; at: number; request: Request; until?: number; outcome?: Outcome}

/** What a client saw that cannot be true. */
export type Contradiction = {kind: 'oversold' | 'wrong'; text: string; requests: number[]}

/** Keeps all requests and answers, and writes each as a line of JSON when it happens. */
export class History {
  readonly attempts: Attempt[] = []
  readonly contradictions: Contradiction[] = []
  readonly #file: ReturnType<typeof createWriteStream>
  readonly #start = performance.now()

  constructor(path: string) {
    this.#file = createWriteStream(path)
  }

  now(): number {
    return Math.round(performance.now() - this.#start)
  }

  /** Returns what to call with the answer. */
  invoke(client: string, request: Request): {id: number; end: (outcome: Outcome) => void} {
    const attempt: Attempt = {id: this.attempts.length + 1, client, at: this.now(), request}
    this.attempts.push(attempt)
    const {id, at} = attempt
    this.#write({type: 'invoke', id, at, client, request})
    return {
      id,
      end: (outcome) => {
        attempt.until = this.now()
        attempt.outcome = outcome
        const {type, ...rest} = outcome
        this.#write({type, id, at: attempt.until, ...rest})
      },
    }
  }

  contradict(text: string, ...requests: number[]): void {
    this.#add({kind: 'wrong', text, requests})
  }

  /** What an audit saw that cannot be true. */
  findOversold(text: string): void {
    this.#add({kind: 'oversold', text: `At ${this.now()} ms: ${text}`, requests: []})
  }

  #add(contradiction: Contradiction): void {
    this.contradictions.push(contradiction)
    this.#write({type: 'contradiction', at: this.now(), ...contradiction})
  }

  /** Something that is no request, such as a fault. */
  note(text: string): void {
    this.#write({type: 'note', at: this.now(), text})
  }

  async close(): Promise<void> {
    this.#file.end()
    await finished(this.#file)
  }

  #write(line: object): void {
    this.#file.write(`${JSON.stringify(line)}\n`)
  }
}
