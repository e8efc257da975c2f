import {access, readdir, readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'

import test from 'ava'

const root = new URL('../../', import.meta.url)
const read = async (file: string): Promise<string> => readFile(new URL(file, root), 'utf8')

/** How the folder of the embedded database is kept, and what only the service `migrate` gets, which has a test of its own. */
const notOfCompose = ['SHOP_DATA_DIR', 'SHOP_EMBEDDED_LINGER', 'SHOP_MIGRATE_URL']

test('each setting is in docs/settings.md and in docker-compose.yml', async (t) => {
  const config = await read('src/config.ts')
  const names = [...new Set([...config.matchAll(/'((?:SHOP|STRIPE)_[A-Z_]+)'/g)].map(([, name = '']) => name))]
  t.true(names.length > 30)
  const [settings, compose] = [await read('docs/settings.md'), await read('docker-compose.yml')]

  t.deepEqual(
    names.filter((name) => !settings.includes(`\`${name}\``)),
    [],
  )
  t.deepEqual(
    names.filter((name) => !notOfCompose.includes(name) && !compose.includes(`  ${name}: \${${name}:-`)),
    [],
  )
})

test('each command is in docs/commands.md', async (t) => {
  const {commands} = JSON.parse(await read('oclif.manifest.json')) as {commands: Record<string, object>}
  const names = Object.keys(commands).map((id) => id.replaceAll(':', ' '))
  t.true(names.length > 50)
  const text = await read('docs/commands.md')
  t.deepEqual(
    names.filter((name) => !new RegExp(`^\\|.*\`${name}[\` ].*\\|`, 'm').test(text)),
    [],
  )
})

test('each command with --yes is in the list of what asks for confirmation', async (t) => {
  const {commands} = JSON.parse(await read('oclif.manifest.json')) as {commands: Record<string, {flags: object}>}
  const asking = Object.keys(commands).filter((id) => 'yes' in (commands[id]?.flags ?? {}))
  t.true(asking.length > 5)
  const [, after = ''] = (await read('docs/commands.md')).split('\n## What asks for confirmation\n')
  const [section = ''] = after.split('\n## ')
  t.deepEqual(
    asking.filter((id) => !section.includes(`\`${id.replaceAll(':', ' ')}\``)),
    [],
  )
})

test('each link of the documentation leads to a file, and to a heading of it', async (t) => {
  const inFolders = (await readdir(new URL('docs', root), {recursive: true})).map((file) => `docs/${file}`)
  const pages = ['client/README.md', ...(await readdir(root)), ...inFolders].filter((file) => file.endsWith('.md'))
  t.true(pages.length > 20)
  const broken: string[] = []
  for (const page of pages) {
    for (const [, target = '', anchor] of (await read(page)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      const file = target === '' ? page : join(dirname(page), target)
      const isThere = await access(new URL(file, root)).then(
        () => true,
        () => false,
      )
      if (!isThere || (anchor !== undefined && !anchorsOf(await read(file)).includes(anchor))) {
        broken.push(`${page}: ${target}#${anchor ?? ''}`)
      }
    }
  }
  t.deepEqual(broken, [])
})

/** As GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}
