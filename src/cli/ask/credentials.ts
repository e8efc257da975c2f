import {randomBytes} from 'node:crypto'

import {Errors} from '@oclif/core'
import type {Knex} from 'knex'

import {InvalidUserError, ShopError} from '../../errors.ts'
import {fitsBcrypt, maxPasswordBytes} from '../../services/accounts/passwords.ts'
import {requireFreeUsername} from '../../services/accounts/users.ts'
import {askPassword, askValid, requireTerminal} from './prompts.ts'

export type Credentials = {username: string; password: string}

type Source = {username: string | undefined; random: boolean; passwordStdin: boolean}

/** The credentials of a new user, random or from stdin. Undefined if the user has to be asked for them, in a terminal. */
export async function readCredentials({username, random, passwordStdin}: Source): Promise<Credentials | undefined> {
  if (random) return {username: username ?? `user-${randomBytes(5).toString('hex')}`, password: randomPassword()}
  if (passwordStdin) {
    if (username === undefined) throw new Errors.CLIError('--password-stdin needs a username. Pass USERNAME as well.')
    if (process.stdin.isTTY) {
      throw new Errors.CLIError('--password-stdin reads from a pipe. Leave it out to be asked for the password.')
    }
    return {username, password: await readPassword(process.stdin)}
  }
  requireTerminal('Pass USERNAME and --password-stdin, or --random.')
  return undefined
}

/** Asks for a name that can be used, unless it is given, and for a password. Throws a refusal of the given name. */
export async function askCredentials(db: Knex, given: string | undefined): Promise<Credentials> {
  if (given !== undefined) await requireFreeUsername(db, given)
  const username = given ?? (await askValid('Username', async (name) => findUsernameProblem(db, name)))
  return {username, password: await askNewPassword()}
}

async function findUsernameProblem(db: Knex, name: string): Promise<true | string> {
  try {
    await requireFreeUsername(db, name)
    return true
  } catch (error) {
    if (error instanceof ShopError) return error.message
    throw error
  }
}

/** 120 bits in 20 characters. */
function randomPassword(): string {
  return randomBytes(15).toString('base64url')
}

async function readPassword(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    // Already too long. The stream may never end.
    if (size > 2 * maxPasswordBytes) break
  }
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '')
  } catch (error) {
    throw new InvalidUserError('The password is not valid UTF-8. Encode it as UTF-8.', {cause: error})
  }
}

async function askNewPassword(): Promise<string> {
  for (let message = 'Password'; ; message = 'The passwords do not match. Password') {
    const password = await askPassword(message, isUsable)
    if ((await askPassword('Repeat the password', () => true)) === password) return password
  }
}

function isUsable(password: string): true | string {
  if (password === '') return 'The password must not be empty.'
  return fitsBcrypt(password) || `The password must have at most ${maxPasswordBytes} bytes.`
}
