import test from 'ava'

import {createCoalescer} from '../../../src/http/coalesce.ts'

function gate(): {opened: Promise<void>; open: () => void} {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {opened, open}
}

test('requests that arrive during a read share the next read, which begins afterwards', async (t) => {
  const coalesce = createCoalescer()
  const first = gate()
  let reads = 0
  const read = async (): Promise<number> => {
    const number = ++reads
    if (number === 1) await first.opened
    return number
  }

  const early = coalesce('page', read)
  const late = [coalesce('page', read), coalesce('page', read), coalesce('page', read)]
  t.is(reads, 1)
  first.open()

  t.is(await early, 1)
  t.deepEqual(await Promise.all(late), [2, 2, 2])
  t.is(await coalesce('page', read), 3)
})

test('different keys have separate reads', async (t) => {
  const coalesce = createCoalescer()
  t.deepEqual(await Promise.all(['a', 'b'].map(async (key) => coalesce(key, async () => Promise.resolve(key)))), [
    'a',
    'b',
  ])
})

test('a failed read fails for the requests that shared it, and for no later ones', async (t) => {
  const coalesce = createCoalescer()
  let reads = 0
  const read = async (): Promise<number> => {
    reads++
    if (reads < 3) throw new Error(`read ${reads}`)
    return Promise.resolve(reads)
  }

  const answers = await Promise.allSettled([coalesce('page', read), coalesce('page', read), coalesce('page', read)])

  t.deepEqual(
    answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason) : '')),
    ['Error: read 1', 'Error: read 2', 'Error: read 2'],
  )
  t.is(await coalesce('page', read), 3)
})

test('a chain of reads ends, and its key is forgotten', async (t) => {
  const coalesce = createCoalescer()
  let reads = 0
  const read = async (): Promise<number> => Promise.resolve(++reads)
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({length: 5}, async () => coalesce('page', read)))
  }
  t.is(reads, 6)
})
