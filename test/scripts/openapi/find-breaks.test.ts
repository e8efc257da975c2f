import test from 'ava'

import {announcesBreaks, findUnannouncedBreaks} from '../../../scripts/openapi/find-breaks.ts'
import {describeCurrentApi, readReleasedApi} from '../../../scripts/openapi/read-document.ts'

test('clients of the released API keep working, unless the version announces breaks', async (t) => {
  const breaks = findUnannouncedBreaks(await readReleasedApi(), describeCurrentApi())
  t.deepEqual(breaks?.split('\n') ?? [], [])
})

test('the report lists the breaks and what to do', (t) => {
  const released = describeCurrentApi()
  const paths = Object.fromEntries(Object.entries(released.paths).filter(([path]) => path !== '/products/list/'))
  const at = (version: string) => ({...released, paths, info: {...released.info, version}})

  t.is(
    findUnannouncedBreaks({...released, info: {version: '0.1.3'}}, at('0.1.4')),
    [
      'These changes break clients of the released version 0.1.3, but the version is 0.1.4:',
      '  GET /products/list/: was removed',
      'Keep the old behaviour, or announce the break: `npm version --no-git-tag-version 0.2.0`.',
      'After its release, run `npm run openapi:release` to compare later changes with it.',
    ].join('\n'),
  )
  t.is(findUnannouncedBreaks({...released, info: {version: '0.1.3'}}, at('0.2.0')), undefined)
  t.regex(findUnannouncedBreaks({...released, info: {version: '1.4.0'}}, at('1.5.0')) ?? '', /version 2\.0\.0`/)
})

test('a version announces breaks by its major number, or before 1.0 by its minor number', (t) => {
  const announced = (pairs: [string, string][]) => pairs.map(([before, now]) => announcesBreaks(before, now))
  t.deepEqual(
    announced([
      ['0.1.0', '0.2.0'],
      ['0.9.0', '0.10.0'],
      ['0.9.0', '1.0.0'],
      ['1.9.9', '2.0.0-beta.1'],
    ]),
    [true, true, true, true],
  )
  t.deepEqual(
    announced([
      ['0.1.0', '0.1.0'],
      ['0.1.0', '0.1.9'],
      ['1.0.0', '1.1.0'],
      ['1.2.0', '0.9.0'],
      ['0.2.0', '0.1.0'],
    ]),
    [false, false, false, false, false],
  )
  t.throws(() => announcesBreaks('next', '1.0.0'), {message: 'next is not a version.'})
})
