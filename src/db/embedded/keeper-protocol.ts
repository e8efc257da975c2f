/*
 * Processes of different versions of the shop can meet on one data folder, as during an upgrade: one may lease the server
 * from the other's keeper. So neither these messages nor the names of the sockets (keeper-sockets.ts) and of the files in
 * the folder (paths.ts) may change.
 */

/** How to connect to the embedded server. */
export type Connection = {
  /** The folder of the server's socket, or 127.0.0.1 if the path is too long for a socket. */
  host: string
  port: number
  user: string
  database: string
  /** Only on loopback. */
  password?: string
}

/** The one line of JSON that the keeper sends to every lease, as soon as the server runs or has failed to start. */
export type KeeperMessage = {connection: Connection} | {error: string}

/** The new keeper's message to the process that started it. Without an error, there is now a keeper to connect to. */
export type KeeperNotice = {error?: string}
