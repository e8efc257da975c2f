import {findNameProblem} from '../services/products/products.ts'
import {printable} from './show/format.ts'
import {askValid} from './prompts.ts'

export async function askProductName(): Promise<string> {
  return askValid('Name of the product', (name) => findNameProblem(name) ?? true)
}

/** Undefined where the name is to stay. */
export async function askNewName(name: string): Promise<string | undefined> {
  const message = `New name, or nothing to keep "${printable(name)}"`
  const answer = await askValid(message, (text) => text === '' || (findNameProblem(text) ?? true))
  return answer === '' ? undefined : answer
}
