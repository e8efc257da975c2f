export type Target = {relation: '>=' | '<=' | '<'; bound: number}

export type Verdict = Target & {name: string; figure: number; isReached: boolean}

export function judge(name: string, {relation, bound}: Target, figure: number): Verdict {
  return {name, figure, relation, bound, isReached: isReached(relation, bound, figure)}
}

function isReached(relation: Target['relation'], bound: number, figure: number): boolean {
  switch (relation) {
    case '>=':
      return figure >= bound
    case '<=':
      return figure <= bound
    case '<':
      return figure < bound
  }
}

export function summarize(verdicts: Verdict[]): string {
  const missed = verdicts.filter((verdict) => !verdict.isReached)
  if (missed.length === 0) return `Targets: all ${verdicts.length} reached.`
  const names = missed.map(({name}) => name).join('; ')
  return `Targets: ${verdicts.length - missed.length} of ${verdicts.length} reached, missed: ${names}.`
}
