import {homedir} from 'node:os'
import {fileURLToPath} from 'node:url'

import {interruptedExitCode} from './signals.ts'

/** How long the last output of an interrupted command may take. */
const lastOutputMs = 1000

/**
 * Runs the command line. `program` is the URL of bin/run.js. This is oclif's `execute`, except that an error about open
 * files is not shown in oclif's way, which would need more files.
 */
export async function run(program: string): Promise<void> {
  prepareEnvironment()
  try {
    await runCommand(fileURLToPath(program))
  } catch (error) {
    if (!isAboutOpenFiles(error)) throw error
    process.stderr.write(
      'Error: This process may open too few files.\nRaise the limit of open files, for example with: ulimit -n 1024\n',
    )
    process.exitCode = 1
  }
}

/** oclif asks the system for the user's shell and home folder. That fails if the user id has no name, as in containers. */
function prepareEnvironment(): void {
  process.env.SHELL ??= ''
  if ((process.env.HOME ?? '') === '') process.env.HOME = findHome()
}

function findHome(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

async function runCommand(root: string): Promise<void> {
  const [main, {flush}, {handle}] = await Promise.all([
    import('@oclif/core/run'),
    import('@oclif/core/flush'),
    import('@oclif/core/handle'),
    import('@oclif/core/command'),
  ])
  reportLostOutput()
  try {
    // Users have no plugins. oclif would look for them in SHOP_DATA_DIR, and run the code of whoever can write there.
    await main.run(process.argv.slice(2), {root, userPlugins: false})
    // Not awaited, as in oclif: a command may have closed standard output, and then it is never drained.
    flush().catch(() => undefined)
    if (process.exitCode === interruptedExitCode) endSoon()
  } catch (error) {
    if (isAboutOpenFiles(error)) throw error
    await handle(error as Error)
  }
}

/** Output that nobody reads would keep the process from ending. */
function endSoon(): void {
  setTimeout(() => {
    // eslint-disable-next-line no-restricted-properties -- the command has released what it held
    process.exit()
  }, lastOutputMs).unref()
}

/**
 * In place of the listener of oclif's `command`, which ends the process with a stack. A reader that goes away, such as `head`,
 * is no failure. Standard output has one error at most, since nothing can be written after it.
 */
function reportLostOutput(): void {
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.exitCode ??= 1
    void import('./file-errors.ts').then(({explainWrite}) => {
      process.stderr.write(`Error: ${(explainWrite(error, undefined) as Error).message}\n`)
    })
  })
}

/** With too few files, even modules that exist are not found. */
function isAboutOpenFiles(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException
  if (code !== 'MODULE_NOT_FOUND') return code === 'EMFILE'
  const {userLimits} = process.report.getReport() as {userLimits?: {open_files: {soft: number | string}}}
  return Number(userLimits?.open_files.soft) < 256
}
