import {Parser} from '@oclif/core'
import test from 'ava'

import {searchFlag} from '../../../../src/cli/flags/catalogue-flags.ts'
import {idempotencyKeyFlag} from '../../../../src/cli/flags/order-flags.ts'
import {reasonFlag} from '../../../../src/cli/flags/reason-flag.ts'

const flags = {search: searchFlag(), key: idempotencyKeyFlag(), reason: reasonFlag()}

for (const [flag, most] of [
  ['search', 200],
  ['key', 255],
  ['reason', 500],
] as const) {
  test(`--${flag} has at most ${most} characters, of which an emoji is one`, async (t) => {
    const longest = '🍋'.repeat(most)

    t.is((await Parser.parse([`--${flag}`, longest], {flags})).flags[flag], longest)
    await t.throwsAsync(Parser.parse([`--${flag}`, `${longest}🍋`], {flags}), {message: new RegExp(String(most))})
  })
}
