import type {AddressInfo} from 'node:net'

import {ConfigurationError} from '../../errors.ts'

export function urlOf({address, family, port}: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** Why a server cannot listen there. `settings` are the names of what to change. */
export function explain(
  error: NodeJS.ErrnoException,
  {host, port}: {host: string; port: number},
  settings = {host: '--host', port: '--port'},
): Error {
  const otherHost = {
    reason: `${host} is not an address of this machine.`,
    hint: `Choose another host with ${settings.host}.`,
  }
  const refusals: Partial<Record<string, {reason: string; hint: string}>> = {
    EADDRINUSE: {
      reason: `Port ${port} is already in use.`,
      hint: `Stop the program that uses it, or choose another port with ${settings.port}.`,
    },
    EADDRNOTAVAIL: otherHost,
    ENOTFOUND: otherHost,
    EAI_AGAIN: {
      reason: `The address of ${host} cannot be looked up now.`,
      hint: `Try again, or give an address of this machine with ${settings.host}.`,
    },
    EACCES: {
      reason: `This user may not listen on port ${port}.`,
      hint: `Choose a port above 1023 with ${settings.port}.`,
    },
  }
  const refusal = refusals[error.code ?? '']
  return refusal ? new ConfigurationError(refusal.reason, {cause: error, hint: refusal.hint}) : error
}
