import {readFile} from 'node:fs/promises'

import test from 'ava'

import {runShop} from '../helpers/run.ts'

type Manifest = {
  commands: Record<
    string,
    {
      summary?: string
      examples?: (string | {command: string})[]
      flags: Record<string, {type: string; char?: string; helpValue?: string}>
    }
  >
}

const manifest = JSON.parse(
  await readFile(new URL('../../../oclif.manifest.json', import.meta.url), 'utf8'),
) as Manifest

test('every command has a summary and examples, and the examples use flags that exist', (t) => {
  for (const [id, {summary, examples = [], flags}] of Object.entries(manifest.commands)) {
    t.truthy(summary, `${id} has no summary`)
    t.true(examples.length > 0, `${id} has no example`)
    const texts = examples.map((example) => (typeof example === 'string' ? example : example.command))
    const named = texts.flatMap((example) => [...example.matchAll(/ --([a-z-]+)/g)].map((match) => match[1] ?? ''))
    t.deepEqual(
      named.filter((name) => !(name in flags)),
      [],
      `${id} has examples with unknown flags`,
    )
  }
})

test('every flag with a value names it in capitals', (t) => {
  const values = Object.entries(manifest.commands).flatMap(([id, {flags}]) =>
    Object.entries(flags).flatMap(([name, {type, helpValue}]) =>
      type === 'option' ? `${id} --${name}=${helpValue ?? ''}` : [],
    ),
  )
  t.deepEqual(
    values.filter((value) => !/=[A-Z][A-Z_]*(?:$|[|[])/.test(value)),
    [],
  )
})

test('a short flag means the same in all commands, and a flag that has one has it everywhere', (t) => {
  const short: Record<string, string> = {product: 'p', search: 'q', user: 'u', yes: 'y'}
  const wrong = Object.entries(manifest.commands).flatMap(([id, {flags}]) =>
    Object.entries(flags).flatMap(([name, {char}]) => (char === short[name] ? [] : `${id} --${name} -${char ?? ''}`)),
  )
  t.deepEqual(wrong, [])
})

test('--help lists the commands', async (t) => {
  const {exitCode, stdout} = await runShop(['--help'])
  t.is(exitCode, 0)
  for (const id of Object.keys(manifest.commands).filter((id) => !id.includes(':'))) {
    t.regex(stdout, new RegExp(`^ +${id}\\b`, 'm'))
  }
})

for (const args of [['help'], ['-h']]) {
  test(`${args.join(' ')} is the same as --help`, async (t) => {
    t.deepEqual(await runShop(args), await runShop(['--help']))
  })
}

for (const command of [['serve'], ['migrate', 'rollback']]) {
  test(`help ${command.join(' ')} is the same as ${command.join(' ')} --help`, async (t) => {
    const expected = await runShop([...command, '--help'])
    t.deepEqual(await runShop(['help', ...command]), expected)
    t.deepEqual(await runShop([...command, '-h']), expected)
  })
}

test('version is the same as --version', async (t) => {
  const run = await runShop(['version'])
  t.regex(run.stdout, /^mattshop\/\d/)
  t.deepEqual(run, await runShop(['--version']))
})

for (const args of [['no-such-command', '--json'], ['no', 'such', '--json'], ['--json']]) {
  test(`${args.join(' ')} prints the error as JSON`, async (t) => {
    const {exitCode, stdout, stderr} = await runShop(args)
    t.is(exitCode, 2)
    t.is(stderr, '')
    t.is(JSON.parse(stdout).error.code, 'wrong_usage')
  })
}

for (const [args, advice] of [
  [['no-such-command'], 'There is no command no-such-command. To see all commands, run: shop help'],
  [['list-product'], 'There is no command list-product. Did you mean list-products?'],
  [['foo'], 'There is no command foo. To see all commands, run: shop help'],
  [['orders'], 'There is no command orders. Did you mean list-orders?'],
  [['product', '6'], 'There is no command product 6. Did you mean show-product?'],
  [['serv'], 'There is no command serv. Did you mean serve?'],
  [['lits-orders', '--user', 'matt'], 'There is no command lits-orders. Did you mean list-orders?'],
  [['migrate', 'roll'], 'There is no command migrate roll. Did you mean migrate rollback?'],
  [['help', 'lits-orders'], 'There is no command lits-orders. Did you mean list-orders?'],
  [['list-users', 'extra'], 'There is no argument for extra. To see what there is, run: shop help list-users'],
  [['rollback'], 'There is no command rollback. Did you mean migrate rollback?'],
] as const) {
  test(`${args.join(' ')} is wrong usage, with the command that was probably meant`, async (t) => {
    const {exitCode, stdout, stderr} = await runShop([...args])
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.is(stderr, `Error: ${advice}\n`)
  })
}

test('--help shows only those flags as alternatives of --csv that exclude each other', async (t) => {
  for (const command of ['list-orders', 'list-movements']) {
    const {stdout} = await runShop([command, '--help'])
    t.regex(stdout.replaceAll(/\s+/g, ' '), /\[--csv \| --json\] \[--cursor CURSOR\] \[--page-size N\]/)
  }
})
