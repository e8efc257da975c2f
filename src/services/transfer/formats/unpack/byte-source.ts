/** Takes bytes from the front of a stream, and can put some back. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array, undefined>
  #front: Uint8Array | undefined

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>
  }

  /** The next bytes, however many; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const front = this.#front
    this.#front = undefined
    if (front !== undefined && front.length > 0) return front
    for (;;) {
      const {value} = await this.#chunks.next()
      if (value?.length !== 0) return value
    }
  }

  putBack(bytes: Uint8Array): void {
    this.#front = this.#front === undefined ? bytes : Buffer.concat([bytes, this.#front])
  }

  /** The next bytes without taking them: fewer than `count` only at the end. */
  async peek(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let length = 0
    while (length < count) {
      const part = await this.next()
      if (part === undefined) break
      parts.push(part)
      length += part.length
    }
    const [first = new Uint8Array()] = parts
    const all = parts.length < 2 ? first : Buffer.concat(parts)
    this.putBack(all)
    return all.subarray(0, count)
  }

  /** Takes exactly this many bytes. Undefined if there are fewer. */
  async take(count: number): Promise<Buffer | undefined> {
    const head = await this.peek(count)
    if (head.length < count) return undefined
    await this.skip(count)
    return Buffer.from(head)
  }

  /** Takes the next bytes, at most `count`. Undefined at the end. */
  async takeUpTo(count: number): Promise<Uint8Array | undefined> {
    const part = await this.next()
    if (part !== undefined && part.length > count) {
      this.putBack(part.subarray(count))
      return part.subarray(0, count)
    }
    return part
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const part = await this.takeUpTo(left)
      if (part === undefined) return
      left -= part.length
    }
  }

  /** The rest of the stream. */
  async *rest(): AsyncGenerator<Uint8Array, void> {
    for (let part = await this.next(); part !== undefined; part = await this.next()) yield part
  }

  /** Lets the stream go, read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
