import {median} from './statistics.ts'

/** Measures one and the other alternately, so that other load on the machine slows both. */
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
  /** The one's figure divided by the other's in the same round, for each round. */
  ratios: number[]
  /** The median of the ratios. */
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
