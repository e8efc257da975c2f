import {readdir, readFile} from 'node:fs/promises'

import test from 'ava'
import {parse} from 'yaml'

import {templates} from '../helpers/nginx.ts'

type Service = {environment?: Record<string, string>}
type Compose = {'x-settings': Record<string, string>; services: Record<string, Service>}

const root = new URL('../../../', import.meta.url)
const compose = parse(await readFile(new URL('docker-compose.yml', root), 'utf8'), {merge: true}) as Compose

test('docker-compose.yml has no password, and says what to do without one', (t) => {
  const environments = Object.values(compose.services).map(({environment = {}}) => environment)
  const passwords = environments.flatMap((environment) =>
    Object.entries(environment).filter(([name]) => name.endsWith('_PASSWORD')),
  )

  t.true(passwords.length >= 4)
  for (const [, value] of passwords) t.regex(value, /^\$\{\w+_PASSWORD:\?is not set\. Run make bootstrap, /)
})

test('the API of docker-compose.yml does not know the role that owns its tables', (t) => {
  const {api, migrate} = compose.services
  t.regex(migrate?.environment?.SHOP_MIGRATE_URL ?? '', /mattshop_owner/)
  t.is(api?.environment?.POSTGRES_USER, 'mattshop_api')
  t.notRegex(JSON.stringify(api), /OWNER|owner/)
})

test('nginx gets every variable of its templates, also without its image', async (t) => {
  const texts = await Promise.all(
    (await readdir(templates)).map(async (file) => readFile(new URL(file, templates), 'utf8')),
  )
  const used = texts.flatMap((text) => [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name ?? ''))

  const documented = (await readFile(new URL('docs/deployment.md', root), 'utf8'))
    .split('\n')
    .filter((line) => /^(export|  NGINX_)/.test(line))
    .flatMap((line) => [...line.matchAll(/([A-Z_]+)=/g)].map(([, name]) => name ?? ''))

  t.true(used.length > 10)
  t.deepEqual([...new Set(used)].sort(), Object.keys(compose.services.nginx?.environment ?? {}).sort())
  t.deepEqual(documented.sort(), [...new Set(used)].sort())
})

test('the settings are in alphabetical order', (t) => {
  for (const environment of [compose['x-settings'], compose.services.nginx?.environment ?? {}]) {
    t.deepEqual(Object.keys(environment), Object.keys(environment).sort())
  }
})
