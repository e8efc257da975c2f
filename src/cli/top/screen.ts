import {emitKeypressEvents, type Key} from 'node:readline'

import ansiEscapes from 'ansi-escapes'
import {createLogUpdate} from 'log-update'

/** The whole terminal. What was in it before comes back when the screen is closed. */
export type Screen = {
  size: () => {columns: number; rows: number}
  /** Shows lines that fit the size. */
  draw: (lines: string[]) => void
  close: () => void
}

export type ScreenEvents = {
  onKey: (name: string) => void
  /** The terminal has another size. What it shows is undefined until the next `draw`. */
  onResize: () => void
  /** Nobody sees the terminal any more. */
  onGone: () => void
}

/** Takes over the terminal on standard input and output. However the process ends, unless by SIGKILL, it gives it back. */
export function openScreen({onKey, onResize, onGone}: ScreenEvents): Screen {
  const {stdin, stdout} = process
  let update = createLogUpdate(stdout, {showCursor: true})
  const takeKey = (_: string | undefined, {name, ctrl, sequence = ''}: Key): void => {
    onKey(ctrl === true ? `ctrl-${name ?? ''}` : (name ?? sequence))
  }
  const resize = (): void => {
    update = createLogUpdate(stdout, {showCursor: true})
    stdout.write(ansiEscapes.eraseScreen + ansiEscapes.cursorTo(0, 0))
    onResize()
  }
  const close = (): void => {
    process.removeListener('exit', close).removeListener('SIGHUP', onGone)
    stdout.removeListener('resize', resize)
    stdin.removeListener('keypress', takeKey).setRawMode(false).pause()
    stdout.write(ansiEscapes.cursorShow + ansiEscapes.exitAlternativeScreen)
  }

  process.once('exit', close).once('SIGHUP', onGone)
  stdout.write(ansiEscapes.enterAlternativeScreen + ansiEscapes.cursorHide + ansiEscapes.cursorTo(0, 0))
  stdout.on('resize', resize)
  emitKeypressEvents(stdin)
  stdin.setRawMode(true).on('keypress', takeKey).on('end', onGone).on('error', onGone).resume()

  return {
    close,
    // A line less than the terminal has, because log-update leaves the cursor below what it shows.
    size: () => ({columns: stdout.columns || 80, rows: (stdout.rows || 24) - 1}),
    draw(lines) {
      update(lines.join('\n'))
    },
  }
}
