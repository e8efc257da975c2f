import {pino, type Logger} from 'pino'
import pretty from 'pino-pretty'

/** Logs readable lines to a terminal, and JSON lines to anything else. */
export function createLog(output: NodeJS.WriteStream, {colors}: {colors: boolean}): Logger {
  if (!output.isTTY) {
    // A write for each line cost a tenth of the time of a single order.
    const lines = pino.destination({sync: false, minLength: 4096, periodicFlush: 100})
    return pino({base: null, timestamp: pino.stdTimeFunctions.isoTime}, lines)
  }
  return pino(
    {base: null},
    pretty({
      colorize: colors,
      destination: output,
      ignore: 'method,path,status,ms',
      messageFormat: '{if method}{method} {path} {status} {ms} ms{end}{msg}',
      translateTime: 'SYS:HH:MM:ss',
    }),
  )
}
