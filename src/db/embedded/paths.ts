import {join} from 'node:path'

/** The files of the embedded server. Other versions of the shop may use the same folder: the names must not change. */
export type EmbeddedPaths = {
  dataDir: string
  /** The folder of all the following. Only the user that runs the server may enter it. */
  home: string
  cluster: string
  log: string
  /** The password of the role `shop`, which is required only on loopback. */
  password: string
  /** The last port on loopback, so that a restarted server gets the same one. */
  port: string
}

export const homeName = 'postgresql'

export function embeddedPaths(dataDir: string): EmbeddedPaths {
  const home = join(dataDir, homeName)
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
