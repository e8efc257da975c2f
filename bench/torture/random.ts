/** Random numbers that a seed repeats. */
export type Random = {
  /** From 0 up to 1, exclusive. */
  next: () => number
  /** A whole number from `least` to `most`, inclusive. */
  between: (least: number, most: number) => number
  pick: <Item>(items: readonly [Item, ...Item[]]) => Item
  chance: (probability: number) => boolean
}

/** The numbers of one `purpose` are the same in each run with the seed, whatever the other purposes draw. */
export function seededRandom(seed: number, purpose: string): Random {
  // mulberry32, from a hash (FNV-1a) of the seed and the purpose.
  let state = 0x811c9dc5
  for (const character of `${seed} ${purpose}`) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
    chance: (probability) => next() < probability,
  }
}
