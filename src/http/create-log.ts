import {pino, type Logger} from 'pino'
import pretty from 'pino-pretty'

import {standardOutput} from './log-output.ts'

export type ServerLog = {
  log: Logger
  /** Writes what is left, for at most a second. */
  close: () => Promise<void>
}

const closeMs = 1000

/** Logs readable lines to a terminal, and JSON lines to anything else. */
export function createLog(output: NodeJS.WriteStream & {fd: number}, {colors}: {colors: boolean}): ServerLog {
  if (!output.isTTY) {
    const lines = standardOutput(output)
    const log = pino({base: null, timestamp: pino.stdTimeFunctions.isoTime}, lines)
    return {log, close: async () => lines.close(closeMs)}
  }
  // Without a listener, a failed write would end the process.
  output.on('error', () => undefined)
  const log = pino(
    {base: null},
    pretty({
      colorize: colors,
      destination: output,
      ignore: 'method,path,status,ms',
      messageFormat: '{if method}{method} {path} {status} {ms} ms{end}{msg}',
      translateTime: 'SYS:HH:MM:ss',
    }),
  )
  return {log, close: async () => Promise.resolve()}
}
