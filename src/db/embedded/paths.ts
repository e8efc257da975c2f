import {join} from 'node:path'

/** Where the embedded server keeps its things. */
export type EmbeddedPaths = {
  dataDir: string
  /** Belongs to the user that the server runs as and to nobody else: all of the following are in it. */
  home: string
  cluster: string
  log: string
  /** The password of `shop`, asked for on loopback only. */
  password: string
  /** The last port on loopback, so that a restarted server is found where it was. */
  port: string
}

export function embeddedPaths(dataDir: string): EmbeddedPaths {
  const home = join(dataDir, 'postgresql')
  return {
    dataDir,
    home,
    cluster: join(home, 'cluster'),
    log: join(home, 'server.log'),
    password: join(home, 'password'),
    port: join(home, 'port'),
  }
}

/** Whether a socket can have this path: `sockaddr_un` holds 107 bytes on Linux, 103 on the BSDs and macOS. */
export function fitsSocket(path: string): boolean {
  return Buffer.byteLength(path) <= (process.platform === 'linux' ? 107 : 103)
}
