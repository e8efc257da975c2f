/** What `shop doctor` found out about one thing. */
export type Check = {
  name: string
  level: 'bad' | 'good' | 'warning'
  says: string
  /** What to do; null if nothing is to be done. */
  advice: string | null
}

export function good(name: string, says: string): Check {
  return {name, level: 'good', says, advice: null}
}

export function warning(name: string, says: string, advice: string): Check {
  return {name, level: 'warning', says, advice}
}

export function bad(name: string, says: string, advice: string): Check {
  return {name, level: 'bad', says, advice}
}
