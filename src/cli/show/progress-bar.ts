import {SingleBar} from 'cli-progress'

import {formatCount} from './format.ts'

/** A bar on stderr with the rate and the time left, for work whose extent is known. */
type ProgressBar = {
  update: (progress: {step: string; rows: number; total: number}) => void
  stop: () => void
}

function startProgressBar(): ProgressBar {
  const started = performance.now()
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {rate} rows/s | {left} left | {step}',
    stream: process.stderr,
    // The rest of the line is "100% | 1,000,000 rows/s | 59:59 left | stock_reservations".
    barsize: Math.min(Math.max(process.stderr.columns - 58, 8), 40),
    // The command handles Ctrl-C.
    gracefulExit: false,
    hideCursor: null,
  })
  bar.start(100, 0, {rate: '0', left: '-:--', step: 'starting'})
  return {
    update({step, rows, total}) {
      const seconds = (performance.now() - started) / 1000
      const left = rows === 0 ? undefined : ((total - rows) * seconds) / rows
      const percent = total === 0 ? 100 : Math.floor((rows / total) * 100)
      bar.update(percent, {step, rate: formatCount(Math.round(rows / seconds)), left: formatSeconds(left)})
    },
    stop() {
      bar.stop()
    },
  }
}

/** `1:05` */
function formatSeconds(seconds: number | undefined): string {
  if (seconds === undefined) return '-:--'
  const whole = Math.ceil(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** Runs with a bar in a terminal, and without one elsewhere. */
export async function withProgressBar<T>(
  isWanted: boolean,
  run: (onProgress: ProgressBar['update'] | undefined) => Promise<T>,
): Promise<T> {
  const bar = isWanted && process.stderr.isTTY ? startProgressBar() : undefined
  try {
    return await run(bar?.update)
  } finally {
    bar?.stop()
  }
}
