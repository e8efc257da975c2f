import {Errors} from '@oclif/core'

import {parseWholeNumber} from './flags/whole-number.ts'

/** inquirer's own type knows the options of no kind of question. */
type Question = {
  type: 'confirm' | 'input' | 'number' | 'password' | 'search'
  message: string
  [option: string]: unknown
}

/** Throws a usage error where nobody can be asked; `otherwise` says what to give instead. */
export function requireTerminal(otherwise: string): void {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Errors.CLIError(`There is no terminal to ask in. ${otherwise}`)
  }
}

/** Whether Ctrl-C ended a question. */
export function isInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError'
}

export async function askText(message: string): Promise<string> {
  return askValid(message, (text) => text !== '' || 'An answer is needed.')
}

/** Asks until the answer, without spaces around it, is valid: `true`, or what is wrong with it. */
export async function askValid(message: string, validate: (text: string) => true | string): Promise<string> {
  const question = {message, validate: (text: string) => validate(text.trim())}
  return ((await ask({type: 'input', ...question})) as string).trim()
}

export async function askUsername(): Promise<string> {
  requireTerminal('Name the user with --user.')
  return askText('User')
}

export async function askPassword(message: string, validate: (text: string) => true | string): Promise<string> {
  return (await ask({type: 'password', message, mask: '*', validate})) as string
}

export async function askWholeNumber(message: string, {min = 1, max}: {min?: number; max: number}): Promise<number> {
  return (await ask({type: 'number', message, min, max, default: min})) as number
}

export async function askId(message: string): Promise<number> {
  const read = (text: string) => parseWholeNumber(text.trim())
  const validate = (text: string) => read(text) !== undefined || 'Give a whole number from 1.'
  return read((await ask({type: 'input', message, validate})) as string) ?? Number.NaN
}

export async function askConfirmation(message: string, {isDefault = false} = {}): Promise<boolean> {
  return (await ask({type: 'confirm', message, default: isDefault})) as boolean
}

export type Choice<T> = {name: string; short: string; value: T}

/** One of the choices, narrowed down by typing a part of its name. */
export async function askChoice<T>(message: string, choices: Choice<T>[]): Promise<T> {
  const find = (term: string) => choices.filter(({name}) => name.toLowerCase().includes(term.toLowerCase()))
  return askSearch(message, find)
}

/** One of the choices that are found for what is typed, from nothing on. */
export async function askSearch<T>(
  message: string,
  find: (term: string) => Choice<T>[] | Promise<Choice<T>[]>,
): Promise<T> {
  return (await ask({type: 'search', message, source: (term = '') => find(term)})) as T
}

/** Asks on stderr: stdout has the result alone. */
async function ask(question: Question): Promise<unknown> {
  // Takes longer to load than the rest of a command, and few runs ask.
  const {default: inquirer} = await import('inquirer')
  const prompt = inquirer.createPromptModule({output: process.stderr})
  const {answer} = await prompt<{answer: unknown}>([{...question, name: 'answer'}])
  return answer
}
