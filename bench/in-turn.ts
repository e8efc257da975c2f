import {median} from './statistics.ts'

/** So many rounds of the one and then the other, so that what else the machine does slows both. */
export async function measureInTurn<One, Other>(
  rounds: number,
  one: () => Promise<One>,
  other: () => Promise<Other>,
): Promise<[One[], Other[]]> {
  const ones: One[] = []
  const others: Other[] = []
  for (let round = 0; round < rounds; round++) {
    ones.push(await one())
    others.push(await other())
  }
  return [ones, others]
}

export type Ratios = {
  /** What one gave as a part of what the other gave in the same round. */
  ratios: number[]
  /** Their median. */
  ratio: number
}

export function compareRounds<Figure extends 'p50' | 'perSecond'>(
  ones: Record<Figure, number>[],
  others: Record<Figure, number>[],
  figure: Figure,
): Ratios {
  const ratios = ones.map((one, round) => one[figure] / (others[round]?.[figure] ?? Number.NaN))
  return {ratios, ratio: median(ratios)}
}
