/** The hint of every failure that the shop has no better advice for. */
export const otherDatabase = 'Set SHOP_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server.'

const known = [
  {
    symptom: /insufficient file descriptors|Too many open files/,
    advice: 'Raise the limit of open files: ulimit -n 1024.',
  },
  {
    symptom: /No space left on device/,
    advice: 'Make room on the disk, or set SHOP_DATA_DIR to a folder on another one.',
  },
]

/** What to do about a failure, by what PostgreSQL said. */
export function adviseOn(output: string): string {
  return known.find(({symptom}) => symptom.test(output))?.advice ?? otherDatabase
}
