/** How to connect to the embedded server. */
export type Connection = {
  /** The folder of the server's socket, or 127.0.0.1 where its path is too long for a socket. */
  host: string
  port: number
  user: string
  database: string
  /** On loopback only. */
  password?: string
}

/** The one line of JSON that the keeper sends to every share, once it knows. */
export type KeeperMessage = {connection: Connection} | {error: string}

/** What the keeper tells the process that started it: why it cannot be one, or that now there is one to connect to. */
export type KeeperNotice = {error?: string}
