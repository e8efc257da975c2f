/**
 * The message of an error of oclif's parser in the words of the shop: what is wrong, and what to pass. oclif frames the
 * message of a flag's parser; other messages have a fixed text around the names.
 */
export function describeUsageError(message: string): string {
  const text = message.replace(/\nSee more help with --help$/, '')
  return describeParser(text) ?? describeConstraints(text) ?? describeOther(text)
}

/** Names the flag unless the message does, or the environment variable that set it. */
function describeParser(text: string): string | undefined {
  const [, flag, reason] = /^Parsing (--\S+) \n\t([^]*)$/.exec(text) ?? []
  if (flag === undefined || reason === undefined) return undefined
  return reason.startsWith(flag) || /^[A-Z_]+ must /.test(reason) ? reason : `${flag}: ${reason}`
}

function describeConstraints(text: string): string | undefined {
  const [, list] = /^The following errors? occurred:\n([^]*)$/.exec(text) ?? []
  if (list === undefined) return undefined
  const reasons = list.split('\n').map((line) =>
    line
      .trim()
      .replace(/^Missing required flag (\S+)$/, 'Pass --$1.')
      .replace(/^(--[^\s=]+)=[^]* cannot also be provided when using (--\S+)$/, '$1 cannot be used with $2.'),
  )
  return [...new Set(reasons)].join('\n')
}

function describeOther(text: string): string {
  const [, args] = /^Missing \d+ required args?:\n([^]*)$/.exec(text) ?? []
  if (args !== undefined) {
    const names = args.split('\n').map((line) => line.trim().split(/\s+/)[0]?.toUpperCase())
    return `Pass ${names.join(' and ')}. ${seeHelp}`
  }
  return text
    .replace(/^Expected (--[^\s=]+)=([^]*) to be one of: (.*)$/, '$1 must be one of $3, not "$2".')
    .replace(/^Expected ([^]*) to be one of: (.*)$/, '"$1" is not one of $2.')
    .replace(/^Nonexistent flags?: (.*)$/, `There is no flag $1. ${seeHelp}`)
    .replace(/^Unexpected arguments?: ([^]*)$/, `There is no argument for $1. ${seeHelp}`)
}

const seeHelp = 'To see what there is, add --help.'
