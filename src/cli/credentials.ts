import {randomBytes} from 'node:crypto'

import {Errors} from '@oclif/core'

import {InvalidUserError} from '../errors.ts'
import {fitsBcrypt, maxPasswordBytes} from '../services/accounts/passwords.ts'
import {askPassword, askText, requireTerminal} from './prompts.ts'

export type Credentials = {username: string; password: string}

type Source = {username: string | undefined; random: boolean; passwordStdin: boolean}

/** A new user's credentials: made up, from stdin, or asked for. */
export async function readCredentials({username, random, passwordStdin}: Source): Promise<Credentials> {
  if (random) return {username: username ?? `user-${randomBytes(5).toString('hex')}`, password: makeUpPassword()}
  if (passwordStdin) {
    if (username === undefined) throw new Errors.CLIError('With --password-stdin, give USERNAME as well.')
    if (process.stdin.isTTY) throw new Errors.CLIError('--password-stdin reads from a pipe. Without it you are asked.')
    return {username, password: await readPassword(process.stdin)}
  }
  requireTerminal('Give USERNAME and --password-stdin, or --random.')
  return {username: username ?? (await askText('Username')), password: await askNewPassword()}
}

/** 120 bits in 20 characters. */
function makeUpPassword(): string {
  return randomBytes(15).toString('base64url')
}

async function readPassword(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    // Too long whatever follows; the stream may have no end.
    if (size > 2 * maxPasswordBytes) break
  }
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '')
  } catch (error) {
    throw new InvalidUserError('The password is not UTF-8 text.', {cause: error})
  }
}

async function askNewPassword(): Promise<string> {
  for (let message = 'Password'; ; message = 'The passwords differ. Password') {
    const password = await askPassword(message, isUsable)
    if ((await askPassword('The same again', () => true)) === password) return password
  }
}

function isUsable(password: string): true | string {
  if (password === '') return 'A password is needed.'
  return fitsBcrypt(password) || `At most ${maxPasswordBytes} bytes.`
}
