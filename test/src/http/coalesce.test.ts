import test from 'ava'

import {createCoalescer} from '../../../src/http/coalesce.ts'

function gate(): {opened: Promise<void>; open: () => void} {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {opened, open}
}

test('who comes while a look is under way shares the next one, which begins afterwards', async (t) => {
  const coalesce = createCoalescer()
  const first = gate()
  let looks = 0
  const look = async (): Promise<number> => {
    const number = ++looks
    if (number === 1) await first.opened
    return number
  }

  const early = coalesce('page', look)
  const late = [coalesce('page', look), coalesce('page', look), coalesce('page', look)]
  t.is(looks, 1)
  first.open()

  t.is(await early, 1)
  t.deepEqual(await Promise.all(late), [2, 2, 2])
  t.is(await coalesce('page', look), 3)
})

test('other keys have looks of their own', async (t) => {
  const coalesce = createCoalescer()
  t.deepEqual(await Promise.all(['a', 'b'].map(async (key) => coalesce(key, async () => Promise.resolve(key)))), [
    'a',
    'b',
  ])
})

test('a look that fails is the failure of those who shared it, and of nobody after', async (t) => {
  const coalesce = createCoalescer()
  let looks = 0
  const look = async (): Promise<number> => {
    looks++
    if (looks < 3) throw new Error(`look ${looks}`)
    return Promise.resolve(looks)
  }

  const answers = await Promise.allSettled([coalesce('page', look), coalesce('page', look), coalesce('page', look)])

  t.deepEqual(
    answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason) : '')),
    ['Error: look 1', 'Error: look 2', 'Error: look 2'],
  )
  t.is(await coalesce('page', look), 3)
})

test('a chain of looks ends, and forgets its key', async (t) => {
  const coalesce = createCoalescer()
  let looks = 0
  const look = async (): Promise<number> => Promise.resolve(++looks)
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({length: 5}, async () => coalesce('page', look)))
  }
  t.is(looks, 6)
})
