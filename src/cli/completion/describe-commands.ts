import type {Interfaces} from '@oclif/core'

export type CompletedFlag = {
  /** Such as `--by` and `-y`. */
  names: string[]
  summary: string
  takesValue: boolean
  /** The values that it may have, if they are few. */
  values: string[]
}

export type CompletedCommand = {
  /** As it is typed, such as `migrate status`. */
  name: string
  summary: string
  flags: CompletedFlag[]
  /** The values that its first argument may have, if they are few. */
  values: string[]
}

/** The commands and their flags, by name, as the scripts for shells complete them. */
export function describeCommands(config: Interfaces.Config): CompletedCommand[] {
  return config.commands
    .filter(({hidden}) => !hidden)
    .map((command) => ({
      name: command.id.replaceAll(':', ' '),
      summary: oneLine(command.summary ?? ''),
      values: [...(Object.values(command.args)[0]?.options ?? [])],
      flags: Object.values(command.flags)
        .filter(({hidden}) => hidden !== true)
        .map((flag) => ({
          names: [`--${flag.name}`, ...(flag.char === undefined ? [] : [`-${flag.char}`])],
          summary: oneLine(flag.summary ?? flag.description ?? ''),
          takesValue: flag.type === 'option',
          values: flag.type === 'option' ? [...(flag.options ?? [])] : [],
        })),
    }))
    .sort((one, other) => one.name.localeCompare(other.name, 'en'))
}

/** The words that may follow a command, or at first nothing: the rest of a longer name, and values of an argument. */
export function nextWords(commands: CompletedCommand[], name: string): {word: string; summary: string}[] {
  const start = name === '' ? '' : `${name} `
  const longer = commands.filter((one) => one.name.startsWith(start) && !one.name.slice(start.length).includes(' '))
  const values = commands.find((one) => one.name === name)?.values ?? []
  return [
    ...longer.map((one) => ({word: one.name.slice(start.length), summary: one.summary})),
    ...values.map((word) => ({word, summary: ''})),
  ]
}

function oneLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? ''
}
