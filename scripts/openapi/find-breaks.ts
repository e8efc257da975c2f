import {compareDocuments} from './compare-documents.ts'
import type {ApiDocument} from './document.ts'

/**
 * Reports what breaks clients of the released document, and what to do. Undefined if nothing does or the version
 * announces it.
 */
export function findUnannouncedBreaks(released: ApiDocument, current: ApiDocument): string | undefined {
  const before = released.info.version
  const now = current.info.version
  const breaks = compareDocuments(released, current)
  if (breaks.length === 0 || announcesBreaks(before, now)) return undefined
  return [
    `These changes break clients of the released version ${before}, but the version is ${now}:`,
    ...breaks.map((one) => `  ${one}`),
    `Keep the old behaviour, or announce the break: \`npm version --no-git-tag-version ${nextBreaking(before)}\`.`,
    'After its release, run `npm run openapi:release` to compare later changes with it.',
  ].join('\n')
}

/** By semver: a higher major version does, and before 1.0 a higher minor version. */
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
  if (major === undefined || minor === undefined) throw new Error(`${version} is not a version.`)
  return [Number(major), Number(minor)]
}
