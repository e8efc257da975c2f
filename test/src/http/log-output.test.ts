import test from 'ava'

import {createLogOutput, type WriteChunk} from '../../../src/http/log-output.ts'

/** An output that keeps its writes waiting until they are told how they ended. */
function createSink() {
  const chunks: string[] = []
  const ends: Parameters<WriteChunk>[1][] = []
  const output = createLogOutput(
    (chunk, done) => {
      chunks.push(chunk)
      ends.push(done)
    },
    () => undefined,
  )
  return {chunks, ends, output}
}

const line = `${'x'.repeat(99)}\n`

test('lines are written together, in their order', async (t) => {
  const {chunks, ends, output} = createSink()
  for (let n = 0; n < 100; n++) output.write(`${String(n).padStart(99)}\n`)
  const closed = output.close(60_000)
  while (ends.length > 0) ends.shift()?.()

  await closed
  t.true(chunks.length < 5)
  t.deepEqual(
    chunks.join('').trimEnd().split('\n').map(Number),
    Array.from({length: 100}, (_, n) => n),
  )
})

test('an output that takes nothing keeps a bounded number of lines; the next ones say how many were dropped', async (t) => {
  const {chunks, ends, output} = createSink()
  for (let n = 0; n < 41; n++) output.write(line)
  t.is(ends.length, 1)

  for (let n = 0; n < 10_000; n++) output.write(line)
  output.write(line)
  output.write(line)
  const closed = output.close(60_000)
  while (ends.length > 0) ends.shift()?.()

  await closed
  const [notice = ''] = chunks[1]?.split('\n') ?? []
  t.like(JSON.parse(notice), {level: 40, dropped: 2})
  t.is(chunks.join('').split('\n').length - 1, 10_000 + 41 + 1)
})

test('lines of a failed write are dropped and counted, and later ones are written', async (t) => {
  const {chunks, ends, output} = createSink()
  for (let n = 0; n < 41; n++) output.write(line)
  ends.shift()?.(new Error('ENOSPC'))

  output.write(line)
  await Promise.all([output.close(60_000), Promise.resolve().then(() => ends.shift()?.(new Error('ENOSPC')))])
  output.write(line)
  const closed = output.close(60_000)
  ends.shift()?.()
  await closed

  const [notice = '', ...lines] = chunks.at(-1)?.trimEnd().split('\n') ?? []
  t.like(JSON.parse(notice), {dropped: 42})
  t.is(lines.length, 1)
})

test('closing ends in time if the output takes nothing', async (t) => {
  const {output} = createSink()
  output.write(line)

  await t.notThrowsAsync(output.close(10))
})
