import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rm, stat, symlink} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

import test from 'ava'

const script = fileURLToPath(new URL('../../../scripts/create-env.sh', import.meta.url))

test('create-env.sh makes up a password for each role, for its owner only, and never overwrites a file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shop-env-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const [file, other] = [join(folder, '.env'), join(folder, 'other.env')]

  await promisify(execFile)(script, [file])
  await promisify(execFile)(script, [other])
  const first = await readFile(file, 'utf8')
  const {stdout} = await promisify(execFile)(script, [file])

  const passwords = [...`${first}${await readFile(other, 'utf8')}`.matchAll(/^\w+_PASSWORD=([0-9a-f]{48})$/gm)]
  t.is(new Set(passwords.map(([, password]) => password)).size, 6)
  t.is((await stat(file)).mode & 0o777, 0o600)
  t.is(await readFile(file, 'utf8'), first)
  t.regex(stdout, /stays as it is/)
})

test('create-env.sh writes no file with empty passwords', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shop-env-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const [file, programs] = [join(folder, '.env'), join(folder, 'programs')]
  await mkdir(programs)
  for (const program of ['cat', 'tr']) await symlink(`/usr/bin/${program}`, join(programs, program))

  const failure = await t.throwsAsync<Error & {stderr: string}>(
    promisify(execFile)('/bin/sh', [script, file], {env: {PATH: programs}}),
  )

  t.regex(failure.stderr, /Random passwords could not be made/)
  await t.throwsAsync(stat(file), {code: 'ENOENT'})
})
