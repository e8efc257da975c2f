import {pino, type Logger} from 'pino'
import pretty from 'pino-pretty'

import type {LogLevel} from '../config.ts'
import {standardOutput} from './log-output.ts'

export type ServerLog = {
  log: Logger
  /** Writes what is left, for at most a second. */
  close: () => Promise<void>
}

const closeMs = 1000

/** pino's number for it. */
const warnLevel = 40

/** Logs readable lines to a terminal, and JSON lines to anything else. */
export function createLog(
  output: NodeJS.WriteStream & {fd: number},
  {colors, level}: {colors: boolean; level: LogLevel},
): ServerLog {
  if (!output.isTTY) {
    const lines = standardOutput(output)
    const log = pino({base: null, level, timestamp: pino.stdTimeFunctions.isoTime}, lines)
    return {log, close: async () => lines.close(closeMs)}
  }
  // Without a listener, a failed write would end the process.
  output.on('error', () => undefined)
  const log = pino(
    {base: null, level},
    pretty({
      colorize: colors,
      destination: output,
      ignore: 'method,path,status,ms,code,request_id',
      messageFormat,
      translateTime: 'SYS:HH:MM:ss',
    }),
  )
  return {log, close: async () => Promise.resolve()}
}

type Line = {
  method?: string
  path?: string
  status?: unknown
  ms?: number
  code?: string
  request_id?: string
  msg?: string
}

/** A request in the terminal. The id finds the failure of a request, and is in the way of those that succeeded. */
function messageFormat({level, ...line}: Line & {level?: number}): string {
  const {method, path, status, ms, code, msg, request_id: id} = line
  const parts = method === undefined ? [msg] : [method, path, String(status), `${ms} ms`, code]
  if (Number(level) >= warnLevel) parts.push(id)
  return parts.filter((part) => part !== undefined).join(' ')
}
