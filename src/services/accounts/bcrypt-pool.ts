import {Piscina} from 'piscina'

import type {Bcrypt} from './passwords.ts'

export type BcryptPool = Bcrypt & {close: () => Promise<void>}

/**
 * Hashes in separate threads: bcryptjs is plain JavaScript, and each hash would block the server's event loop for about
 * 60 ms. Threads end after ten idle seconds.
 */
export function createBcryptPool({threads}: {threads: number}): BcryptPool {
  const pool = new Piscina({
    filename: new URL('bcrypt-worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 10_000,
  })
  return {
    hash: async (password, cost) => pool.run([password, cost], {name: 'hashOf'}) as Promise<string>,
    compare: async (password, hash) => pool.run([password, hash], {name: 'isHashOf'}) as Promise<boolean>,
    close: async () => pool.close(),
  }
}
