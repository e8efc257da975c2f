/** A step of a pgbench script: it sets a variable to a random number, or runs a statement, whose row may set variables. */
export type Step =
  | {kind: 'random'; variable: string; from: number; to: number}
  | {kind: 'statement'; text: string; variables: string[]; setsVariables: boolean}

/** Parses the part of pgbench's language that the scripts in bench/raw use. Throws for anything else. */
export function parsePgbenchScript(script: string): Step[] {
  return script
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseLine)
}

function parseLine(line: string): Step {
  const random = /^\\set (\w+) random\((\d+),\s*(\d+)\)$/.exec(line)
  if (random) {
    const [, variable = '', from, to] = random
    return {kind: 'random', variable, from: Number(from), to: Number(to)}
  }
  const statement = /^([^\\;]+?)\s*(;|\\gset)$/.exec(line)
  if (!statement) throw new Error(`This line is neither a \\set of a random number nor a complete statement: ${line}`)
  const [, sql = '', end] = statement
  const variables: string[] = []
  const text = sql.replaceAll(/(?<!:):(\w+)/g, (_, name: string) => `$${variables.push(name)}`)
  return {kind: 'statement', text, variables, setsVariables: end === '\\gset'}
}
