import {SingleBar} from 'cli-progress'

/** How far long work is. */
export type Progress = {
  /** From 0 to 1; undefined while it cannot be known. */
  share: number | undefined
  /** How many records, or whatever the bar counts, are done. */
  done: number
  /** What is being done. */
  step: string
}

export type ProgressBar = {
  update: (progress: Progress) => void
  /** Takes the bar away: what the command prints next says how it ended. */
  stop: () => void
}

/** The line beside the bar is at most ` 100% | 1000000000 records | 1000000/s | 59:59 left | comparing`. */
const besideBar = 64

/** A bar on stderr with what is done, how fast, and how long the rest will take at that rate. Only a terminal has one. */
export function startProgressBar(unit: string, {isShown}: {isShown: boolean}): ProgressBar | undefined {
  if (!process.stderr.isTTY || !isShown) return undefined
  const start = performance.now()
  const facts = {unit, done: 0, pace: '', step: 'starting'}
  const bar = new SingleBar({
    format: `{bar} {percentage}% | {done} {unit}{pace} | {step}`,
    stream: process.stderr,
    barsize: Math.min(Math.max(process.stderr.columns - besideBar, 5), 40),
    clearOnComplete: true,
    // Ctrl-C ends the program, and the work with it, without the bar's own handler.
    gracefulExit: false,
    hideCursor: null,
  })
  bar.start(100, 0, facts)
  return {
    update({share, done, step}) {
      const seconds = (performance.now() - start) / 1000
      bar.update(Math.floor((share ?? 0) * 100), {unit, done, step, pace: describePace(done, share, seconds)})
    },
    stop() {
      bar.stop()
    },
  }
}

/** ` | 5400/s | 0:12 left`; too little is known in the first second. */
function describePace(done: number, share: number | undefined, seconds: number): string {
  if (seconds < 1 || done === 0) return ''
  const rate = ` | ${Math.round(done / seconds)}/s`
  if (share === undefined || share < 0.02) return rate
  const left = Math.ceil((seconds * (1 - share)) / share)
  return `${rate} | ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`
}
