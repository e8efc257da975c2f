import {readFile} from 'node:fs/promises'

import test from 'ava'

import {problems} from '../src/http/problems/problems.ts'

test('the runbook has a section for each problem that is the fault of the shop', async (t) => {
  const runbook = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
  const headings = runbook.split('\n').filter((line) => line.startsWith('## '))
  const codes = Object.entries(problems).flatMap(([code, {status}]) => (status >= 500 ? [code] : []))

  t.true(codes.length >= 10)
  t.deepEqual(
    codes.filter((code) => !headings.some((heading) => heading.includes(`\`${code}\``))),
    [],
  )
})
