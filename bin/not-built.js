export function run() {
  process.stderr.write('Error: The shop is not built.\nTo build it, run: npm ci --include=dev\n')
  process.exitCode = 1
}
