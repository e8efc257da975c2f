/** The reason why nothing is reported, as a message for the user. Any other error is a bug in the benchmark. */
export class BenchmarkError extends Error {
  override name = 'BenchmarkError'
}

/** Wrong usage of the command line. */
export class UsageError extends BenchmarkError {
  override name = 'UsageError'
}
