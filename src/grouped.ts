type Waiting<Item, Result> = {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Calls that are made while an earlier group runs form the next one, so that a rush costs a transaction for each group. `run`
 * returns a result for each item, in their order.
 */
export function grouped<Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  most: number,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let isRunning = false

  async function runAll(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, most)
      waiting = waiting.slice(most)
      try {
        const results = await run(group.map(({item}) => item))
        for (const [index, {resolve}] of group.entries()) resolve(results[index] as Result)
      } catch (error) {
        for (const {reject} of group) reject(error)
      }
    }
    isRunning = false
  }

  return async (item) =>
    new Promise((resolve, reject) => {
      waiting.push({item, resolve, reject})
      if (!isRunning) void runAll()
    })
}
