import {randomBytes} from 'node:crypto'

import {Errors} from '@oclif/core'

import {InvalidUserError} from '../../errors.ts'
import {fitsBcrypt, maxPasswordBytes} from '../../services/accounts/passwords.ts'
import {askPassword, askText, requireTerminal} from './prompts.ts'

export type Credentials = {username: string; password: string}

type Source = {username: string | undefined; random: boolean; passwordStdin: boolean}

/** The credentials of a new user: random, from stdin, or from prompts. */
export async function readCredentials({username, random, passwordStdin}: Source): Promise<Credentials> {
  if (random) return {username: username ?? `user-${randomBytes(5).toString('hex')}`, password: randomPassword()}
  if (passwordStdin) {
    if (username === undefined) throw new Errors.CLIError('--password-stdin needs a username. Pass USERNAME as well.')
    if (process.stdin.isTTY) {
      throw new Errors.CLIError('--password-stdin reads from a pipe. Leave it out to be asked for the password.')
    }
    return {username, password: await readPassword(process.stdin)}
  }
  requireTerminal('Pass USERNAME and --password-stdin, or --random.')
  return {username: username ?? (await askText('Username')), password: await askNewPassword()}
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
