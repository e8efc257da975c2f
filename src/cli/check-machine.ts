import {statfs} from 'node:fs/promises'

import type {MisspelledSetting} from '../config.ts'
import {bad, type Check, good, warning} from '../services/shop/check.ts'
import {formatBytes} from './show/format.ts'
import {readFileLimit} from './file-limit.ts'

const oldestNode = {major: 20, minor: 19}
const enoughFiles = 1024

/** Checks that need no database. */
export function checkMachine({nodeVersion}: {nodeVersion: string}): Check[] {
  return [checkNode(nodeVersion), checkFileLimit(readFileLimit())]
}

/** A setting whose name is misspelled has its default, which nobody notices: the shop may not be paid, for example. */
export function checkSettings(misspelled: readonly MisspelledSetting[]): Check[] {
  return misspelled.map(({name, meant}) =>
    warning('settings', `${name} is not a setting of the shop.`, `If it should be one: it is called ${meant}.`),
  )
}

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isOldEnough = major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor)
  if (isOldEnough) return good('node', `Node ${version} runs the shop.`)
  const wanted = `${oldestNode.major}.${oldestNode.minor}`
  return bad('node', `The shop needs Node ${wanted} or later, and this is ${version}.`, `Install Node ${wanted}.`)
}

export function checkFileLimit(limit: number): Check {
  if (limit >= enoughFiles) {
    return good('files', `A process may open ${limit === Infinity ? 'any number of' : limit} files.`)
  }
  const says = `A process may open ${limit} files, and a busy server needs more.`
  return warning('files', says, `Raise the limit, for example with: ulimit -n ${enoughFiles * 4}`)
}

const littleSpace = 1_000_000_000
const leastSpace = 200_000_000

/** The disk of the embedded database. A server's disk is not seen from here. */
export async function checkDisk(dataDir: string): Promise<Check> {
  const {bavail, bsize} = await statfs(dataDir)
  return checkSpace(bavail * bsize, dataDir)
}

export function checkSpace(free: number, dataDir: string): Check {
  const says = `${formatBytes(free)} are free on the disk of ${dataDir}.`
  if (free >= littleSpace) return good('disk', says)
  const advice = 'Make room, or move the data to a larger disk with `shop backup` and `shop restore`.'
  return free < leastSpace ? bad('disk', says, advice) : warning('disk', says, advice)
}
