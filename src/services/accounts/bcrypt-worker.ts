import {compare, hash} from 'bcryptjs'

// Runs in the threads of bcrypt-pool.ts, which calls these functions by name with one argument.

export async function hashOf([password, cost]: [string, number]): Promise<string> {
  return hash(password, cost)
}

export async function isHashOf([password, expected]: [string, string]): Promise<boolean> {
  return compare(password, expected)
}
