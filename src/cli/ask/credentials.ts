import {randomBytes} from 'node:crypto'

import {Errors, Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {InvalidUserError, ShopError} from '../../errors.ts'
import {maxPasswordBytes} from '../../services/accounts/password-hashes.ts'
import {findPasswordProblem} from '../../services/accounts/passwords.ts'
import {requireFreeUsername} from '../../services/accounts/users.ts'
import {askNewPassword, askValid, requireTerminal} from './prompts.ts'

export type Credentials = {username: string; password: string}

type PasswordSource = {random: boolean; passwordStdin: boolean}

export const passwordFlags = {
  'password-stdin': Flags.boolean({summary: 'read the password from stdin', exclusive: ['random']}),
  random: Flags.boolean({summary: 'generate the password and print it'}),
}

/** The credentials of a new user, random or from stdin. Undefined if the user has to be asked for them, in a terminal. */
export async function readCredentials(
  username: string | undefined,
  {random, passwordStdin}: PasswordSource,
): Promise<Credentials | undefined> {
  if (username === undefined && passwordStdin) {
    throw new Errors.CLIError('--password-stdin needs a username. Pass USERNAME as well.')
  }
  const password = await readPassword({random, passwordStdin}, 'Pass USERNAME and --password-stdin, or --random.')
  return password === undefined ? undefined : {username: username ?? randomUsername(), password}
}

/** Random or from stdin. Undefined if it has to be asked for, in a terminal; without one, `advice` says what to pass. */
export async function readPassword(
  {random, passwordStdin}: PasswordSource,
  advice: string,
): Promise<string | undefined> {
  if (random) return randomPassword()
  if (!passwordStdin) {
    requireTerminal(advice)
    return undefined
  }
  if (process.stdin.isTTY) {
    throw new Errors.CLIError('--password-stdin reads from a pipe. Leave it out to be asked for the password.')
  }
  return readText(process.stdin)
}

/** Asks for a name that can be used, unless it is given, and for a password. Throws a refusal of the given name. */
export async function askCredentials(db: Knex, given: string | undefined): Promise<Credentials> {
  if (given !== undefined) await requireFreeUsername(db, given)
  const username = given ?? (await askValid('Username', async (name) => findUsernameProblem(db, name)))
  return {username, password: await askPassword()}
}

/** Asks twice for a password that a user may get. */
export async function askPassword(): Promise<string> {
  return askNewPassword((password) => findPasswordProblem(password) ?? true)
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

function randomUsername(): string {
  return `user-${randomBytes(5).toString('hex')}`
}

/** 120 bits in 20 characters. */
function randomPassword(): string {
  return randomBytes(15).toString('base64url')
}

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
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
