import {execFile, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import type {IncomingHttpHeaders} from 'node:http'
import {connect as connectHttp2} from 'node:http2'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'

import test, {type ExecutionContext} from 'ava'

import {nginxBinary} from '../helpers/nginx.ts'
import {send, setUp} from '../helpers/nginx-requests.ts'

const withTls = nginxBinary !== undefined && spawnSync('openssl', ['version']).status === 0 ? test : test.skip

withTls('with a certificate, nginx serves HTTPS and HTTP/2, and sends other requests there', async (t) => {
  const {key, certificate} = await createCertificate(t)
  const {port, tlsPort, received} = await setUp(t, undefined, {
    ...{NGINX_SERVER: 'tls', NGINX_TLS_CERTIFICATE: certificate, NGINX_TLS_KEY: key},
  })

  const plain = await send(port, {method: 'PUT', path: '/orders/create/?a=1', headers: {Host: 'shop.example:80'}})
  const client = connectHttp2(`https://127.0.0.1:${tlsPort}`, {ca: await readFile(certificate)})
  t.teardown(() => {
    client.close()
  })
  const stream = client.request({':path': '/products/list/', ':authority': 'shop.example'})
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & {':status': number}]

  t.is(plain.status, 308)
  t.is(plain.headers.location, 'https://shop.example/orders/create/?a=1')
  t.is(headers[':status'], 200)
  t.is(client.alpnProtocol, 'h2')
  t.like(received[0]?.headers, {host: 'shop.example', 'x-forwarded-proto': 'https'})
  t.is(received.length, 1)
})

withTls(
  'requests that come without TLS are sent to the port that clients see, if it is another than 443',
  async (t) => {
    const {key, certificate} = await createCertificate(t)
    const {port} = await setUp(t, undefined, {
      ...{NGINX_SERVER: 'tls', NGINX_TLS_CERTIFICATE: certificate, NGINX_TLS_KEY: key, NGINX_TLS_PORT: '8443'},
    })

    const {headers} = await send(port, {path: '/docs/', headers: {Host: 'shop.example:8000'}})

    t.is(headers.location, 'https://shop.example:8443/docs/')
    t.is(headers['x-content-type-options'], 'nosniff')
  },
)

async function createCertificate(t: ExecutionContext): Promise<{key: string; certificate: string}> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-tls-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=IP:127.0.0.1']
  await promisify(execFile)('openssl', [...request, ...names, '-keyout', key, '-out', certificate])
  return {key, certificate}
}
