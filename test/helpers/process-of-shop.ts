import {poolerEnvironment} from './run.ts'
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import type {ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {OutOfStockError, type Shortage, ShopError} from '../../src/errors.ts'

export type Refused = {kind: 'refused'; code: string; shortages: Shortage[]}

/** Not an answer of the shop, but a bug or a broken connection. */
export type Failed = {kind: 'failed'; message: string}

/**
 * Starts a program that calls `answerRequests`, with DATABASE_URL. The function that is returned sends it a request, and is
 * never rejected.
 */
export function forkProcess<Answer>(
  t: ExecutionContext,
  program: URL,
  url: string,
): (request: object) => Promise<Answer | Failed> {
  const child = fork(fileURLToPath(program), {env: {...poolerEnvironment, PATH: process.env.PATH, DATABASE_URL: url}})
  const pending = new Map<number, (answer: Answer | Failed) => void>()
  let count = 0
  child.on('message', ({id, answer}: {id: number; answer: Answer}) => {
    pending.get(id)?.(answer)
    pending.delete(id)
  })
  const ended = once(child, 'exit').then(() => {
    for (const settle of pending.values()) settle({kind: 'failed', message: 'The process ended.'})
  })
  t.teardown(async () => {
    if (child.connected) child.disconnect()
    await ended
  })

  return async (request) =>
    new Promise((settle) => {
      const id = count++
      pending.set(id, settle)
      child.send({id, request}, (error) => {
        if (error) settle({kind: 'failed', message: error.message})
      })
    })
}

/** Runs each request of the parent process at once, until the parent disconnects. */
export function answerRequests(db: Knex, run: (request: never) => Promise<object>): void {
  process.on('message', ({id, request}: {id: number; request: never}) => {
    void run(request)
      .catch(refuse)
      .then((answer) => process.send?.({id, answer}))
  })
  process.on('disconnect', () => void db.destroy())
}

function refuse(error: unknown): Failed | Refused {
  if (!(error instanceof ShopError)) return {kind: 'failed', message: String(error)}
  return {kind: 'refused', code: error.code, shortages: error instanceof OutOfStockError ? error.shortages : []}
}
