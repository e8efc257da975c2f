const headLength = 5

/** The statements that a message to PostgreSQL, given as latin1, runs: prepared ones by name, others by their first word. */
export function statementsIn(message: string): string[] {
  const bytes = Buffer.from(message, 'latin1')
  const statements: string[] = []
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const kind = String.fromCharCode(bytes.readUInt8(at))
    // A Query contains its text, and a Bind the names of its portal and its statement.
    const [first = '', second = ''] = bytes.toString('latin1', at + headLength).split('\0', 2)
    if (kind === 'Q') statements.push(first.split(/\W/, 1)[0] ?? '')
    if (kind === 'B') statements.push(second)
  }
  return statements
}
