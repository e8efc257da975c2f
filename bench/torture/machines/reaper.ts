/*
 * A separate program, started by owned.ts: when the torture ends, even by SIGKILL, it ends what is left of the processes that
 * were started, and removes the folder. What the torture has ended itself is not there any more.
 */
import {spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {rm} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'

import {killTree} from './process-tree.ts'

const pids = new Set<number>()
const folders = new Set<string>()
const commands: string[][] = []
process.on('message', (message: {started?: number; ended?: number; folder?: string; command?: string[]}) => {
  if (message.started !== undefined) pids.add(message.started)
  if (message.ended !== undefined) pids.delete(message.ended)
  if (message.folder !== undefined) folders.add(message.folder)
  if (message.command) commands.push(message.command)
})
// Ctrl-C reaches all processes of the terminal.
process.on('SIGINT', () => undefined)
process.send?.('ready')
await once(process, 'disconnect')
for (const pid of pids) await killTree(pid)
// What the torture has ended itself, they do not find.
for (const [program = '', ...args] of commands) spawnSync(program, args, {stdio: 'ignore'})
if (pids.size > 0) await sleep(500)
for (const folder of folders) await rm(folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 200})
