import {createServer} from 'node:http'
import {once} from 'node:events'
import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'
import {z} from 'zod'

import {openInBrowser} from '../../src/cli/open-in-browser.ts'
import {runShop} from '../helpers/run.ts'

const Opened = z.strictObject({url: z.string(), opened: z.boolean(), answers: z.boolean()})

test('open prints the address where no browser can be opened, and says if no shop answers', async (t) => {
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo

  const served = await runShop(['open', '--json', '--host', '0.0.0.0', '--port', String(port)])
  t.deepEqual(Opened.parse(JSON.parse(served.stdout)), {
    url: `http://127.0.0.1:${port}/docs/`,
    opened: false,
    answers: true,
  })

  const away = await runShop(['open'], {env: {HOST: '::1', PORT: '1'}})
  t.deepEqual(away, {
    exitCode: 0,
    stdout: 'http://[::1]:1/docs/\n',
    stderr: 'Warning: No shop answers there. Start it with: shop serve\n',
  })
})

test('a browser is opened by the program of the desktop', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'open-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const program = join(folder, 'xdg-open')
  await writeFile(program, `#!/bin/sh\necho "$1" > ${join(folder, 'opened')}\n`)
  await chmod(program, 0o755)
  const asked: string[] = []
  const find = async (name: string): Promise<string | undefined> => {
    asked.push(name)
    return Promise.resolve(name === 'xdg-open' ? program : undefined)
  }

  t.true(await openInBrowser('http://localhost/', {platform: 'linux', hasDisplay: true, find}))
  t.is(await readFile(join(folder, 'opened'), 'utf8'), 'http://localhost/\n')
  t.false(await openInBrowser('http://localhost/', {platform: 'linux', hasDisplay: false, find}))
  t.false(await openInBrowser('http://localhost/', {platform: 'darwin', hasDisplay: false, find}))
  t.deepEqual(asked, ['xdg-open', 'open'])

  await writeFile(program, '#!/bin/sh\nexit 4\n')
  t.false(await openInBrowser('http://localhost/', {platform: 'linux', hasDisplay: true, find}))
})
