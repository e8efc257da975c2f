import {createRequire} from 'node:module'

/** Of the package, which `package.json` has wherever this file is built to. */
export function readVersion(): string {
  const {version} = createRequire(import.meta.url)('#package.json') as {version: string}
  return version
}
