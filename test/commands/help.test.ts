import {Config} from '@oclif/core'
import test from 'ava'

import {root, runShop} from '../helpers/run.ts'

const config = await Config.load({root})

for (const {id} of config.commands) {
  const name = id.replaceAll(':', ' ')

  test(`${name} --help has a summary, and examples with flags that exist`, async (t) => {
    const command = await config.findCommand(id, {must: true}).load()
    const {exitCode, stdout} = await runShop([...name.split(' '), '--help'])

    t.is(exitCode, 0)
    t.regex(command.summary ?? '', /^[A-Z].*\.$/)
    t.true(stdout.startsWith(command.summary ?? ''))
    const [, examples = ''] = stdout.split('\nEXAMPLES\n')
    t.true(examples.includes(`shop ${name}`))
    const known = new Set(['--json', ...Object.keys({...command.flags}).map((flag) => `--${flag}`)])
    const named = examples.match(/(?<=\s)--[a-z][a-z-]*/g) ?? []
    t.deepEqual(
      named.filter((flag) => !known.has(flag)),
      [],
    )
  })
}

test('shop --help lists every command', async (t) => {
  const {exitCode, stdout} = await runShop(['--help'])

  t.is(exitCode, 0)
  for (const {id} of config.commands) t.true(stdout.includes(id.split(':')[0] ?? id))
})

test('an unknown command is wrong usage', async (t) => {
  const {exitCode, stderr} = await runShop(['list-product'])

  t.is(exitCode, 2)
  t.regex(stderr, /list-product/)
})
