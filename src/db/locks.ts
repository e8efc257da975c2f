/**
 * The numbers of the shop's advisory locks, each four letters in ASCII. Migrations write the numbers of `listings`, `marks`
 * and `load` in SQL, such as `x'6c697374'`.
 */
export const advisoryLock = {
  /** Held while migrations are applied or rolled back. */
  migrations: 0x73_68_6f_70,
  /** Held while a fixture is loaded. */
  load: 0x6c_6f_61_64,
  /** Held while listings are refreshed. */
  listings: 0x6c_69_73_74,
  /** Held while the marks of the listings are brought up to date. */
  marks: 0x6d_61_72_6b,
  /** Held in shared mode by every `shop serve` for as long as it lives, and by a rollback alone. */
  serving: 0x73_65_72_76,
  /** Held while the test provider creates its tables. */
  testProvider: 0x74_65_73_74,
} as const
