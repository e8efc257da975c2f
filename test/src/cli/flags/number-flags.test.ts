import {Errors, Parser} from '@oclif/core'
import test from 'ava'

import {idArg, integerFlag} from '../../../../src/cli/flags/number-flags.ts'

const flags = {count: integerFlag({min: -1, max: 10, env: 'NUMBER_FLAGS_TEST_COUNT'})}
const args = {id: idArg()}

for (const [text, number] of [
  ['-1', -1],
  ['0', 0],
  ['10', 10],
  ['007', 7],
] as const) {
  test(`--count=${text} is ${number}`, async (t) => {
    t.is((await Parser.parse([`--count=${text}`], {flags})).flags.count, number)
  })
}

for (const text of ['-2', '11', '1.5', 'x', '', '1e1', '99999999999999999999']) {
  test(`--count=${text} is refused with the range`, async (t) => {
    const error = await t.throwsAsync(Parser.parse([`--count=${text}`], {flags}), {
      instanceOf: Errors.CLIError,
      message: (message) => message.includes(`--count must be a whole number from -1 to 10, not "${text}".`),
    })
    t.is(error.oclif.exit, 2)
  })
}

test('an invalid environment variable is named', async (t) => {
  process.env.NUMBER_FLAGS_TEST_COUNT = '11'
  t.teardown(() => {
    delete process.env.NUMBER_FLAGS_TEST_COUNT
  })

  await t.throwsAsync(Parser.parse([], {flags}), {message: /\tNUMBER_FLAGS_TEST_COUNT must be/})
})

test('an id is a positive whole number', async (t) => {
  t.is((await Parser.parse(['12'], {args})).args.id, 12)
  for (const text of ['0', '-1', '01', '1.0', 'x', '9007199254740993']) {
    await t.throwsAsync(Parser.parse(['--', text], {args}), {
      message: `"${text}" is not a valid id. Use a positive whole number.`,
    })
  }
})
