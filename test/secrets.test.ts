import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'

import test, {type ExecutionContext} from 'ava'

import {findLeaks} from './helpers/secrets.ts'

const token = '3aa905c8b99b518e889df6fc02ec80dca142054f'
const password = 'a "quoted" pass/word'

for (const [name, output, count] of [
  ['nothing of it', 'Placed order 1', 0],
  ['a token', `{"msg":"Token ${token} is not valid."}`, 1],
  ['a token in a longer run of hexadecimal digits', `00${token}ff`, 1],
  ['another token', token.replace('3', '4'), 0],
  ['a password', `login with ${password} failed`, 1],
  ['a password in JSON', JSON.stringify({body: password}), 1],
  ['a password in a URL', `postgres://shop:${encodeURIComponent(password)}@host/shop`, 1],
  ['both', `${password} ${token}`, 2],
] as const) {
  test(`the run finds what leaks when the shop prints ${name}`, async (t) => {
    const leaks = findLeaks(await fill(t, output))
    t.is(leaks.length, count)
    t.true(leaks.every((leak) => !leak.includes(token) && !leak.includes(password)))
  })
}

test('a run in which a secret was printed fails, and says where', async (t) => {
  const program = `
    const {keepSecret, recordOutput} = await import(process.argv[1])
    keepSecret('${token}')
    recordOutput('The token is ${token}.')
  `
  const helpers = new URL('helpers/', import.meta.url)
  const args = [fileURLToPath(new URL('run-with-server.js', helpers)), process.execPath, '--input-type=module']
  const child = spawn(process.execPath, [...args, '-e', program, new URL('secrets.js', helpers).href])
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])

  // The run of these tests shows that one without a leak passes.
  t.is(child.exitCode, 1)
  t.is(stderr, '\nThe shop printed a secret:\nThe token is [3a...].\n\n')
})

async function fill(t: ExecutionContext, output: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-secrets-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  await mkdir(join(folder, 'secrets'))
  await mkdir(join(folder, 'output'))
  await writeFile(join(folder, 'secrets', '1'), `${JSON.stringify(token)}\n${JSON.stringify(password)}\n`)
  await writeFile(join(folder, 'output', '1'), `before\n${output}\nafter\n`)
  return folder
}
