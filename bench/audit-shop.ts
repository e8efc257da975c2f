import {runShop} from './shop-program.ts'

/** Throws if the build's own audit finds a broken rule: the figures of such a shop would mean nothing. */
export async function auditShop({url, bin}: {url: string; bin?: string}, signal: AbortSignal): Promise<void> {
  await runShop(['audit'], {databaseUrl: url, signal, ...(bin !== undefined && {bin})})
}
