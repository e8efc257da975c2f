import {access, readFile} from 'node:fs/promises'

import test from 'ava'

test('each defence in SECURITY.md names a test that exists', async (t) => {
  const text = await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8')
  const files = [...text.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, file = '']) => file)
  t.true(files.length > 20)
  for (const file of files) await t.notThrowsAsync(access(new URL(`../../test/${file}`, import.meta.url)))
})
