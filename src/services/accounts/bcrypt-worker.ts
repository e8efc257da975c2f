import {compare, hash} from 'bcryptjs'

// Runs in a thread of the pool that bcrypt-pool.ts makes, which calls these by name with one argument.

export async function hashOf([password, cost]: [string, number]): Promise<string> {
  return hash(password, cost)
}

export async function isHashOf([password, expected]: [string, string]): Promise<boolean> {
  return compare(password, expected)
}
