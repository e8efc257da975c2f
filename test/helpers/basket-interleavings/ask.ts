import {fork} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'

import type {ExecutionContext} from 'ava'

import type {Answer, Request} from './requests.ts'

export type Ask = (request: Request) => Promise<Answer>

/** Starts a process of the shop. Resolves once it answers. */
export async function startProcess(t: ExecutionContext, url: string): Promise<Ask> {
  const program = fileURLToPath(new URL('process.js', import.meta.url))
  const child = fork(program, {env: {PATH: process.env.PATH, DATABASE_URL: url}})
  const pending = new Map<number, (answer: Answer) => void>()
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

  const ask: Ask = async (request) =>
    new Promise((settle) => {
      const id = count++
      pending.set(id, settle)
      child.send({id, request}, (error) => {
        if (error) settle({kind: 'failed', message: error.message})
      })
    })
  await ask({kind: 'sweep'})
  return ask
}
