import {SingleBar} from 'cli-progress'

import type {LoadProgress} from '../../services/transfer/load.ts'

const steps: LoadProgress['step'][] = [
  'checking',
  'comparing',
  'users',
  'products',
  'stock',
  'prices',
  'orders',
  'listing',
]

/** The shares of the bar, in percent, of reading the file and of each step after it. */
const readingShare = 44
const stepShare = 7

/** A progress bar on stderr. Without the file's size, it stays at 0 % until the file has been read. */
export function startLoadBar(size: number | undefined): {
  update: (progress: LoadProgress) => void
  /** Fills the bar. */
  finish: () => void
  stop: () => void
} {
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {records} records | {step}',
    stream: process.stderr,
    // The rest of the line is "100% | 1000000 records | comparing".
    barsize: Math.min(Math.max(process.stderr.columns - 38, 10), 40),
    // Ctrl-C ends the program, and the load with it, without the bar's own handler.
    gracefulExit: false,
    hideCursor: null,
  })
  bar.start(100, 0, {records: 0, step: 'reading'})
  return {
    update({step, bytes, records}) {
      const read = size === undefined || size === 0 ? 0 : Math.min(bytes / size, 1)
      const done = step === 'reading' ? read * readingShare : readingShare + steps.indexOf(step) * stepShare
      bar.update(Math.floor(done), {records, step})
    },
    finish() {
      bar.update(100, {step: 'done'})
    },
    stop() {
      bar.stop()
    },
  }
}
