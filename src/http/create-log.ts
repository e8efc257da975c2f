import {pino, type Logger} from 'pino'
import pretty from 'pino-pretty'

/** Lines for a person where standard output is a terminal, JSON lines for whatever collects them elsewhere. */
export function createLog(output: NodeJS.WriteStream, {colors}: {colors: boolean}): Logger {
  if (!output.isTTY) {
    // A write for each line took a tenth of what a single order takes.
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
