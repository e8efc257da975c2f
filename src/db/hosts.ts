/** How pg reaches one server. */
export type HostSettings =
  {connectionString: string} | {host: string; port: number; database: string; user: string; password?: string}

/** As given: a URL, or a host, of which several may be listed between commas, as libpq reads them. */
export type ConnectionSettings = HostSettings

export type Host = {
  /** As messages name it, such as `db1:5432`. */
  name: string
  settings: HostSettings
}

export type Hosts = {
  all: [Host, ...Host[]]
  /** Whether a host that is read-only, such as a standby, is passed over. */
  mustWrite: boolean
}

const defaultPort = '5432'

/**
 * The hosts of settings. The shop writes, so of several hosts it takes one that is read-write, unless
 * `target_session_attrs=any` says otherwise. Throws an Error that says what is wrong, and shows no password.
 */
export function readHosts(settings: ConnectionSettings): Hosts {
  if ('connectionString' in settings) return readUrl(settings.connectionString)
  const all = settings.host.split(',').map((host) => ({
    name: nameHost(host, String(settings.port)),
    settings: {...settings, host},
  }))
  return {all: atLeastOne(all), mustWrite: all.length > 1}
}

export type DatabaseUrl = {
  /** With `localhost` instead of the hosts, which URL could not read if there are several. */
  url: URL
  /** As written between the user and the path: `db1:5432,db2`, or nothing. */
  hosts: string
}

/** As libpq and pg read it, which allow a user without a host, as in `postgres://user@/shop?host=/run/postgresql`. */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const [, scheme = '', user = '', hosts = '', rest = ''] = /^(\w+:\/\/)([^/?#]*@)?([^/?#]*)([^]*)$/.exec(text) ?? []
  if (!URL.canParse(`${scheme}${user}localhost${rest}`)) throw new Error('Invalid URL')
  return {url: new URL(`${scheme}${user}localhost${rest}`), hosts}
}

export function formatDatabaseUrl({url, hosts}: DatabaseUrl): string {
  const password = url.password === '' ? '' : `:${url.password}`
  const user = url.username === '' && password === '' ? '' : `${url.username}${password}@`
  return `${url.protocol}//${user}${hosts}${url.pathname}${url.search}`
}

function readUrl(text: string): Hosts {
  const {url, hosts} = parseDatabaseUrl(text)
  const query = url.searchParams
  const writes = readTarget(query.get('target_session_attrs'))
  query.delete('target_session_attrs')
  const all = atLeastOne(
    query.has('host') || query.has('port') ? hostsOfQuery({url, hosts}) : hostsOfAuthority({url, hosts}),
  )
  // pg is to read what the user wrote.
  if (all.length === 1) all[0].settings = {connectionString: text}
  return {all, mustWrite: writes ?? all.length > 1}
}

function readTarget(target: string | null): boolean | undefined {
  if (target === null) return undefined
  if (target === 'any') return false
  if (target === 'read-write' || target === 'primary') return true
  throw new Error(
    `target_session_attrs must be read-write, primary or any, and not "${target}", because the shop writes`,
  )
}

function hostsOfAuthority({url, hosts}: DatabaseUrl): Host[] {
  return hosts.split(',').map((text) => {
    const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(text) ?? []
    if (text !== '' && host === '' && port === '') throw new Error(`"${text}" is not a valid host`)
    requirePort(port)
    return {
      name: nameHost(decodeURIComponent(host), port),
      settings: {connectionString: formatDatabaseUrl({url, hosts: text})},
    }
  })
}

/** libpq prefers these to the hosts before the path. */
function hostsOfQuery({url, hosts}: DatabaseUrl): Host[] {
  const fallback = /^(.*?)(?::(\d*))?$/.exec(hosts) ?? []
  const names = (url.searchParams.get('host') ?? fallback[1] ?? '').split(',')
  const ports = (url.searchParams.get('port') ?? fallback[2] ?? '').split(',')
  if (ports.length > 1 && ports.length !== names.length) {
    throw new Error(`there are ${ports.length} ports for ${names.length} hosts`)
  }
  return names.map((host, index) => {
    const port = (ports.length > 1 ? ports[index] : ports[0]) ?? ''
    requirePort(port)
    const one = new URL(url)
    one.searchParams.delete('port')
    one.searchParams.delete('host')
    if (host !== '') one.searchParams.set('host', host)
    if (port !== '') one.searchParams.set('port', port)
    return {name: nameHost(host, port), settings: {connectionString: formatDatabaseUrl({url: one, hosts: ''})}}
  })
}

function requirePort(port: string): void {
  if (port !== '' && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new Error(`"${port}" is not a valid port`)
  }
}

function nameHost(host: string, port: string): string {
  return `${host === '' ? 'localhost' : host}:${port === '' ? defaultPort : port}`
}

/** Splitting a text always yields at least one part. */
function atLeastOne(hosts: Host[]): Hosts['all'] {
  const [first, ...rest] = hosts
  if (!first) throw new Error('there is no host')
  return [first, ...rest]
}
