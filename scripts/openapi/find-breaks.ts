import {compareDocuments} from './compare-documents.ts'
import type {ApiDocument} from './document.ts'

/** What breaks for clients of the released document, as a text that says what to do; undefined where the version says so. */
export function findUnannouncedBreaks(released: ApiDocument, current: ApiDocument): string | undefined {
  const before = released.info.version
  const now = current.info.version
  const breaks = compareDocuments(released, current)
  if (breaks.length === 0 || announcesBreaks(before, now)) return undefined
  return [
    `These break clients of the released ${before}, and the version is ${now}:`,
    ...breaks.map((one) => `  ${one}`),
    `Keep what was, or announce it: \`npm version --no-git-tag-version ${nextBreaking(before)}\`.`,
    'When that is released, `npm run openapi:release` makes it what later changes are held against.',
  ].join('\n')
}

/** By semver: a higher major version, and before 1.0 a higher minor one is enough. */
export function announcesBreaks(before: string, now: string): boolean {
  const [major, minor] = parse(before)
  const [nowMajor, nowMinor] = parse(now)
  return nowMajor > major || (nowMajor === 0 && major === 0 && nowMinor > minor)
}

function nextBreaking(version: string): string {
  const [major, minor] = parse(version)
  return major === 0 ? `0.${minor + 1}.0` : `${major + 1}.0.0`
}

function parse(version: string): [major: number, minor: number] {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+/.exec(version) ?? []
  if (major === undefined || minor === undefined) throw new Error(`${version} is no version.`)
  return [Number(major), Number(minor)]
}
