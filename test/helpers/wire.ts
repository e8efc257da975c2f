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

/** Whether a message commits a transaction of `runPipelined`. The set-up of a session has the word in it, too. */
export function isCommit(message: string): boolean {
  return message.includes('\0commit\0')
}

/** A message of the server. Numbers have four bytes. */
export function message(kind: string, ...parts: (Buffer | number | string)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Buffer.from(Int32Array.of(part).buffer).swap32() : Buffer.from(part),
    ),
  )
  const head = Buffer.alloc(headLength)
  head.write(kind, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** A server's answer to a failed statement, as of a pooler that keeps the connection and goes on with another server. */
export function errorAnswer(severity: string, code: string): Buffer {
  return Buffer.concat([message('E', `S${severity}\0C${code}\0Mno answer\0\0`), message('Z', 'I')])
}
