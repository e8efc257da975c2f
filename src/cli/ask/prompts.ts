import {Errors} from '@oclif/core'

import {parseWholeNumber} from '../flags/number-flags.ts'

/** inquirer's own type does not cover the options of the single kinds of questions. */
type Question = {
  type: 'confirm' | 'input' | 'number' | 'password' | 'search'
  message: string
  [option: string]: unknown
}

/** Whether there is somebody to ask. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/**
 * Throws a usage error if there is nobody to ask. `advice` says what to pass instead: everything that is missing, so that
 * nobody has to find out one by one.
 */
export function requireTerminal(advice: string): void {
  if (!hasTerminal()) {
    throw new Errors.CLIError(`Cannot ask for missing values without a terminal. ${advice}`)
  }
}

/**
 * Throws a usage error that names all missing values and flags, by how they are passed, if there is nobody to ask for them.
 * `purpose` is what they are for, as in `to delete a product`.
 */
export function requireValues(values: Record<string, unknown>, purpose?: string): void {
  const missing = Object.keys(values).filter((name) => values[name] === undefined || values[name] === false)
  const last = missing.pop()
  if (last === undefined) return
  const names = missing.length === 0 ? last : `${missing.join(', ')} and ${last}`
  requireTerminal(`Pass ${purpose === undefined ? names : `${names} ${purpose}`}.`)
}

/** Somebody answered No. This is no failure: the command ends with 0. */
export class Declined extends Error {}

/** Whether Ctrl-C ended a question. */
export function isInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError'
}

export async function askText(message: string): Promise<string> {
  return askValid(message, (text) => text !== '' || 'Enter a value.')
}

/** Asks until `validate` accepts the trimmed answer by returning true. Otherwise it returns what is wrong. */
export async function askValid(
  message: string,
  validate: (text: string) => Promise<true | string> | true | string,
): Promise<string> {
  const question = {message, validate: (text: string) => validate(text.trim())}
  return ((await ask({type: 'input', ...question})) as string).trim()
}

export async function askUsername(advice: string): Promise<string> {
  requireTerminal(advice)
  return askText('User')
}

/** Asks for a password twice, until `validate` accepts it by returning true and both are the same. */
export async function askNewPassword(validate: (password: string) => true | string): Promise<string> {
  for (;;) {
    const password = (await ask({type: 'password', message: 'New password', mask: '*', validate})) as string
    if (await askAgain(password)) return password
  }
}

/** A wrong repetition ends the question, with the error below it: the mistake may be in the first of the two. */
async function askAgain(password: string): Promise<boolean> {
  const mismatch = new AbortController()
  const validate = (text: string): true | string => {
    if (text === password) return true
    // After the error has been drawn.
    setImmediate(() => {
      mismatch.abort()
    })
    return 'The passwords do not match. Enter both again.'
  }
  try {
    await ask({type: 'password', message: 'Repeat the password', mask: '*', validate}, mismatch.signal)
    return true
  } catch (error) {
    if (mismatch.signal.aborted) return false
    throw error
  }
}

export async function askWholeNumber(message: string, {min = 1, max}: {min?: number; max: number}): Promise<number> {
  return (await ask({type: 'number', message, min, max, default: min})) as number
}

export async function askId(message: string, advice: string): Promise<number> {
  requireTerminal(advice)
  const read = (text: string) => parseWholeNumber(text.trim())
  const validate = (text: string) => read(text) !== undefined || 'Enter a positive whole number.'
  return read((await ask({type: 'input', message, validate})) as string) ?? Number.NaN
}

export async function askConfirmation(message: string, {isDefault = false} = {}): Promise<boolean> {
  return (await ask({type: 'confirm', message, default: isDefault})) as boolean
}

/** Throws Declined, which says what was not done, if the answer is No. */
export async function requireConsent(question: string, otherwise: string): Promise<void> {
  if (!(await askConfirmation(question))) throw new Declined(otherwise)
}

export type Choice<T> = {name: string; short: string; value: T}

/** Asks for one of the choices. Typing part of a name narrows them down. */
export async function askChoice<T>(message: string, choices: Choice<T>[]): Promise<T> {
  const find = (term: string) => choices.filter(({name}) => name.toLowerCase().includes(term.toLowerCase()))
  return askSearch(message, find)
}

/** Asks for one of the choices that `find` returns for the text typed so far, at first for no text. */
export async function askSearch<T>(
  message: string,
  find: (term: string) => Choice<T>[] | Promise<Choice<T>[]>,
): Promise<T> {
  return (await ask({type: 'search', message, source: (term = '') => find(term)})) as T
}

/** Asks on stderr, because stdout is for the result. */
async function ask(question: Question, signal?: AbortSignal): Promise<unknown> {
  // inquirer takes longer to load than the rest of a command, and few runs ask anything.
  const {default: inquirer} = await import('inquirer')
  const prompt = inquirer.createPromptModule({output: process.stderr, ...(signal && {signal})})
  const {answer} = await prompt<{answer: unknown}>([{...question, name: 'answer'}])
  return answer
}
