import {readFileSync} from 'node:fs'

/** How many files a process may open. Only Linux tells. Node raises its limit to the hard one, which is the second number. */
export function readFileLimit(): number {
  try {
    return Number(/^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? Infinity)
  } catch {
    return Infinity
  }
}
