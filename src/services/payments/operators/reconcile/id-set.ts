/** Ids between two bounds, at one bit for each id there is room for. Others are ignored. */
export class IdSet {
  readonly #first: number
  readonly #bits: Uint8Array

  constructor({first, last}: {first: number; last: number}) {
    this.#first = first
    this.#bits = new Uint8Array(Math.ceil((Math.max(last - first, -1) + 1) / 8))
  }

  add(id: number): void {
    const place = id - this.#first
    const byte = this.#bits[Math.floor(place / 8)]
    if (byte !== undefined) this.#bits[Math.floor(place / 8)] = byte | (1 << (place % 8))
  }

  has(id: number): boolean {
    const place = id - this.#first
    return ((this.#bits[Math.floor(place / 8)] ?? 0) & (1 << (place % 8))) !== 0
  }
}
