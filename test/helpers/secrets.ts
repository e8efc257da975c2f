import {appendFileSync, mkdirSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {threadId} from 'node:worker_threads'

/*
 * What the shop printed and logged in a run of the tests, and the secrets that the tests gave it. At the end of the run,
 * run-with-server.ts looks for the second in the first.
 */

/** Set by run-with-server.ts. */
const folder = process.env.TEST_OUTPUT_DIR

/** A shorter text could be anywhere by chance. */
const leastLength = 8

/** Remembers a secret that the shop was given, or made, and must not print. */
export function keepSecret(secret: string): void {
  if (secret.length >= leastLength) append('secrets', `${JSON.stringify(secret)}\n`)
}

/** Remembers what a command printed, or a server logged. */
export function recordOutput(text: string): void {
  if (text !== '') append('output', `${text}\n`)
}

function append(kind: 'output' | 'secrets', text: string): void {
  if (folder === undefined) return
  mkdirSync(join(folder, kind), {recursive: true})
  appendFileSync(join(folder, kind, `${process.pid}-${threadId}`), text)
}

/** Describes each place where a secret was printed, without the secret. */
export function findLeaks(folder: string): string[] {
  const secrets = new Set(read(folder, 'secrets').flatMap((text) => text.trim().split('\n').map(parseText)))
  const tokens = new Set([...secrets].filter((secret) => /^[\da-f]{40}$/.test(secret)))
  const others = [...secrets].filter((secret) => !tokens.has(secret))
  return read(folder, 'output').flatMap((text) => {
    const found = new Set(others.flatMap(spellings).filter((spelling) => text.includes(spelling)))
    // There are thousands of tokens.
    for (const [run] of text.matchAll(/[\da-f]{40,}/g)) {
      for (let at = 0; at + 40 <= run.length; at++) {
        const part = run.slice(at, at + 40)
        if (tokens.has(part)) found.add(part)
      }
    }
    return [...found].map((secret) => describe(text, secret, found))
  })
}

function read(folder: string, kind: 'output' | 'secrets'): string[] {
  const place = join(folder, kind)
  mkdirSync(place, {recursive: true})
  return readdirSync(place).map((file) => readFileSync(join(place, file), 'utf8'))
}

function parseText(line: string): string {
  return JSON.parse(line) as string
}

/** As it is, in a URL, and in JSON. */
function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
}

function describe(text: string, secret: string, found: Iterable<string>): string {
  const at = text.indexOf(secret)
  let around = text.slice(Math.max(at - 200, 0), at + secret.length + 100)
  for (const one of found) around = around.replaceAll(one, `[${one.slice(0, 2)}...]`)
  return around
}
