import {readFile} from 'node:fs/promises'

import test from 'ava'

const read = async (file: string): Promise<string> => readFile(new URL(`../../${file}`, import.meta.url), 'utf8')

/** How the folder of the embedded database is kept, and what tests use: nothing that a deployment sets. */
const notDeployed = [
  'SHOP_DATA_DIR',
  'SHOP_EMBEDDED_LINGER',
  'SHOP_TEST_PROVIDER_DELAY_MS',
  'SHOP_TEST_PROVIDER_SECRET',
]

/** Only for the service `migrate`, which has a test of its own. */
const notOfCompose = ['SHOP_DATA_DIR', 'SHOP_EMBEDDED_LINGER', 'SHOP_MIGRATE_URL']

test('each setting is in the documentation and in docker-compose.yml', async (t) => {
  const config = await read('src/config.ts')
  const settings = [...new Set([...config.matchAll(/'((?:SHOP|STRIPE)_[A-Z_]+)'/g)].map(([, name = '']) => name))]
  t.true(settings.length > 30)
  const [readme, deployment, docker, compose] = [
    await read('README.md'),
    await read('docs/deployment.md'),
    await read('docs/docker.md'),
    await read('docker-compose.yml'),
  ]

  const deployed = settings.filter((name) => !notDeployed.includes(name))
  const ofCompose = settings.filter((name) => !notOfCompose.includes(name))
  const lackedBy = (text: string, names: string[]) => names.filter((name) => !text.includes(`\`${name}\``))
  t.deepEqual(lackedBy(readme, settings), [])
  t.deepEqual(lackedBy(deployment, deployed), [])
  t.deepEqual(lackedBy(docker, ofCompose), [])
  t.deepEqual(
    ofCompose.filter((name) => !compose.includes(`  ${name}: \${${name}:-`)),
    [],
  )
})
