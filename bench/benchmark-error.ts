/** Why nothing is reported, in words for whoever runs the benchmark. Anything else that is thrown is a bug of its own. */
export class BenchmarkError extends Error {
  override name = 'BenchmarkError'
}

/** It was called in a way that it does not understand. */
export class UsageError extends BenchmarkError {
  override name = 'UsageError'
}
