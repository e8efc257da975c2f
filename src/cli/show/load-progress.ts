import {SingleBar} from 'cli-progress'

import type {LoadProgress} from '../../services/transfer/load.ts'

/** The steps after reading, in their order. */
export const loadSteps: LoadProgress['step'][] = [
  'checking',
  'comparing',
  'users',
  'products',
  'stock',
  'prices',
  'orders',
  'listing',
]

/** The share of the bar, in percent, of reading the file. The steps after it share the rest. */
const readingShare = 44

export type LoadBar<Step extends string> = {
  update: (progress: {step: Step | 'reading'; bytes: number; records: number}) => void
  /** Fills the bar. */
  finish: () => void
  /** Leaves the bar as it is. The next update begins another one, below what was printed since. */
  stop: () => void
}

/** A progress bar on stderr. Without the file's size, it stays at 0 % until the file has been read. */
export function startLoadBar<Step extends string>(size: number | undefined, steps: readonly Step[]): LoadBar<Step> {
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {records} records | {step}',
    stream: process.stderr,
    // The rest of the line is "100% | 1000000 records | comparing".
    barsize: Math.min(Math.max(process.stderr.columns - 38, 10), 40),
    // Ctrl-C ends the program, and the load with it, without the bar's own handler.
    gracefulExit: false,
    hideCursor: null,
  })
  const stepShare = (100 - readingShare) / steps.length
  let isShown = false
  const show = (): void => {
    if (!isShown) bar.start(100, 0, {records: 0, step: 'reading'})
    isShown = true
  }
  show()
  return {
    update({step, bytes, records}) {
      const read = size === undefined || size === 0 ? 0 : Math.min(bytes / size, 1)
      const done = step === 'reading' ? read * readingShare : readingShare + steps.indexOf(step) * stepShare
      show()
      bar.update(Math.floor(done), {records, step})
    },
    finish() {
      bar.update(100, {step: 'done'})
    },
    stop() {
      if (isShown) bar.stop()
      isShown = false
    },
  }
}
