import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test, {type ExecutionContext} from 'ava'

import {runShop} from '../helpers/run.ts'

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
}

async function writeScript(t: ExecutionContext, shell: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'completion-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const {exitCode, stdout} = await runShop(['completion', shell])
  t.is(exitCode, 0)
  const file = join(folder, `shop.${shell}`)
  await writeFile(file, stdout)
  return file
}

const ifBash = has('bash') ? test : test.skip

ifBash('bash completes commands, their flags, and the values of flags and arguments', async (t) => {
  const script = await writeScript(t, 'bash')
  const complete = (...words: string[]): string[] => {
    const code = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shop; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', code, script, ...words], {encoding: 'utf8'})
      .trim()
      .split('\n')
  }

  t.deepEqual(complete('shop', 'rep'), ['report'])
  t.true(complete('shop', '').includes('place-order'))
  t.deepEqual(complete('shop', 'migrate', ''), ['rollback', 'status'])
  t.deepEqual(complete('shop', 'migrate', 'rollback', '--d'), ['--dry-run'])
  t.deepEqual(complete('shop', 'report', '--by', ''), ['day', 'hour', 'product', 'user'])
  t.deepEqual(complete('shop', 'report', '--by', 'day', '--c'), ['--currency', '--csv'])
  t.deepEqual(complete('shop', 'completion', ''), ['bash', 'zsh', 'fish'])
  // Nothing of its own: bash completes the names of files.
  t.deepEqual(complete('shop', 'restore', ''), [''])
  t.regex(
    execFileSync('bash', ['-c', 'source "$0"; complete -p shop', script], {encoding: 'utf8'}),
    /-o default -F _shop shop/,
  )
})

const ifFish = has('fish') ? test : test.skip

ifFish('fish completes the same', async (t) => {
  const script = await writeScript(t, 'fish')
  const complete = (line: string): string[] =>
    execFileSync('fish', ['-c', 'source $argv[1]; complete -C $argv[2]', script, line], {encoding: 'utf8'})
      .trim()
      .split('\n')

  t.deepEqual(complete('shop repor'), ['report\tReport sales by day, hour, product or user.'])
  t.deepEqual(complete('shop report --by h'), ['hour\twhat to group the orders by: day, hour, product, user'])
  t.deepEqual(complete('shop completion z'), ['zsh'])
})

const ifZsh = has('zsh') ? test : test.skip

ifZsh('zsh reads its script', async (t) => {
  const script = await writeScript(t, 'zsh')
  t.is(
    execFileSync(
      'zsh',
      ['-f', '-c', 'autoload -U compinit; compinit -u -D; source $1; print $_comps[shop]', 'zsh', script],
      {encoding: 'utf8'},
    ),
    '_shop\n',
  )
})

test('another shell is wrong usage', async (t) => {
  const {exitCode, stderr} = await runShop(['completion', 'tcsh'])
  t.is(exitCode, 2)
  t.regex(stderr, /bash, zsh, fish/)
})
