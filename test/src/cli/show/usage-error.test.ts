import test from 'ava'

import {runShop} from '../../../helpers/run.ts'

const saysWrongUsage = test.macro({
  exec: async (t, args: string[], expected: string) => {
    const {exitCode, stderr} = await runShop(args)
    t.is(exitCode, 2)
    t.is(stderr, `Error: ${expected}\n`)
  },
  title: (_, args: string[] = []) => `wrong usage in the words of the shop: ${args.join(' ')}`,
})

test(saysWrongUsage, ['set-prices'], 'Pass --percent.')
test(saysWrongUsage, ['list-orders', '--csv', '--page-size', '3'], '--page-size cannot be used with --csv.')
test(saysWrongUsage, ['completion'], 'Pass SHELL. To see what there is, add --help.')
test(saysWrongUsage, ['completion', 'tcsh'], '"tcsh" is not one of bash, zsh, fish.')
test(saysWrongUsage, ['list-orders', '--status', 'bad'], '--status must be one of placed, cancelled, not "bad".')
test(saysWrongUsage, ['list-users', '--josn'], 'There is no flag --josn. To see what there is, add --help.')
test(saysWrongUsage, ['show-user', 'a', 'b'], 'There is no argument for b. To see what there is, add --help.')
