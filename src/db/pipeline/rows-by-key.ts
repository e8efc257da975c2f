/**
 * SQL to join the few rows of a table that a condition on an index finds, as the table's name. A kept plan may have been made
 * while the table was small, when the planner prefers to read all of it for a hash join; OFFSET 0 leaves it no choice. (An
 * UPDATE or DELETE cannot join its table this way: give it the keys, as in `id = any (array(select id from changed))`.)
 *
 * Only for transactions of `runPipelined`, whose plans have sequential scans off: others might scan the table for every row.
 */
export function rowsByKey(table: string, condition: string): string {
  return `lateral (select * from ${table} where ${condition} offset 0) as ${table}`
}
