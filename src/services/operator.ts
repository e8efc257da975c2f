/** Who runs a command, and why. It is kept with what the command changes. */
export type Operator = {
  name: string
  /** In the operator's words. */
  note?: string | undefined
}

/** The columns of a row, which are null if no operator wrote it. */
export function operatorColumns(operator: Operator | undefined): {operator: string | null; note: string | null} {
  return {operator: operator?.name ?? null, note: operator?.note ?? null}
}
