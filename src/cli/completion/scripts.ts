import {type CompletedCommand, nextWords} from './describe-commands.ts'

export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/** A script for a shell that completes the commands of `bin`, their flags, and the values of flags. */
export function completionScript(shell: Shell, bin: string, commands: CompletedCommand[]): string {
  return {bash, zsh, fish}[shell](bin, commands)
}

function bash(bin: string, commands: CompletedCommand[]): string {
  const words = [{name: ''}, ...commands].map(
    ({name}) => `    ${quote(name)}) words=${quote(wordsAfter(commands, name))} ;;`,
  )
  const flags = commands.map(({name, flags: each}) => {
    return `    ${quote(name)}) words=${quote(each.flatMap(({names}) => names).join(' '))} ;;`
  })
  return `# Completion of ${bin} for bash. Put into ~/.bashrc: source <(${bin} completion bash)
_${bin}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${command:+$command }\${COMP_WORDS[i]}"
    case "$next" in
    ${commands.map(({name}) => quote(name)).join(' | ')}) command="$next" ;;
    *) break ;;
    esac
  done
  case "$command $previous" in
${valueCases(commands, (values) => `words=${quote(values.join(' '))}`)}
  *)
    if [[ "$current" == -* ]]; then
      case "$command" in
${flags.join('\n')}
      esac
    elif ((i == COMP_CWORD)); then
      case "$command" in
${words.join('\n')}
      esac
    fi
    ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# Where there is nothing to complete, bash completes the names of files.
complete -o default -F _${bin} ${bin}
`
}

function zsh(bin: string, commands: CompletedCommand[]): string {
  const described = (pairs: {word: string; summary: string}[]): string =>
    pairs
      .map(({word, summary}) => quote(`${word.replaceAll(':', '\\:')}${summary === '' ? '' : `:${summary}`}`))
      .join(' ')
  const cases = [{name: '', flags: []}, ...commands].map(({name, flags}) => {
    const pairs = flags.flatMap(({names, summary}) => names.map((word) => ({word, summary})))
    return `    (${quote(name)}) words_next=(${described(nextWords(commands, name))}) flags=(${described(pairs)}) ;;`
  })
  return `#compdef ${bin}
# Completion of ${bin} for zsh. Put into ~/.zshrc, after compinit: source <(${bin} completion zsh)
_${bin}() {
  local command='' next
  local -a known words_next flags
  integer i
  known=(${commands.map(({name}) => quote(name)).join(' ')})
  for ((i = 2; i < CURRENT; i++)); do
    next="\${command:+$command }\${words[i]}"
    (( \${known[(Ie)$next]} )) || break
    command=$next
  done
  case "$command \${words[CURRENT-1]}" in
${valueCases(commands, (values) => `compadd -- ${values.map(quote).join(' ')}; return`)}
  esac
  case "$command" in
${cases.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe -o flag flags
  elif (( i == CURRENT && \${#words_next} )); then
    _describe command words_next
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _${bin} ]]; then _${bin} "$@"; else compdef _${bin} ${bin}; fi
`
}

function fish(bin: string, commands: CompletedCommand[]): string {
  const lines = commands.flatMap(({name, summary, flags, values: words}) => {
    const path = name.split(' ')
    const word = path.pop() ?? ''
    const where = path.length === 0 ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.join(' ')}`
    const inside = [...path, word].map((each) => `__fish_seen_subcommand_from ${each}`).join('; and ')
    return [
      `complete -c ${bin} -f -n ${quote(where)} -a ${quote(word)} -d ${quote(summary)}`,
      ...(words.length === 0 ? [] : [`complete -c ${bin} -f -n ${quote(inside)} -a ${quote(words.join(' '))}`]),
      ...flags.map(({names, summary: about, takesValue, values}) => {
        const spelled = names.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`))
        const value = values.length > 0 ? ` -x -a ${quote(values.join(' '))}` : takesValue ? ' -r' : ''
        return `complete -c ${bin} -n ${quote(inside)} ${spelled.join(' ')}${value} -d ${quote(about)}`
      }),
    ]
  })
  return `# Completion of ${bin} for fish. Write it to ~/.config/fish/completions/${bin}.fish
${lines.join('\n')}
`
}

function wordsAfter(commands: CompletedCommand[], name: string): string {
  return nextWords(commands, name)
    .map(({word}) => word)
    .join(' ')
}

/** A case for each flag that has a few values. */
function valueCases(commands: CompletedCommand[], toCode: (values: string[]) => string): string {
  return commands
    .flatMap(({name, flags}) =>
      flags
        .filter(({values}) => values.length > 0)
        .map(({names, values}) => {
          const patterns = names.map((flag) => quote(`${name} ${flag}`)).join(' | ')
          return `  ${patterns}) ${toCode(values)} ;;`
        }),
    )
    .join('\n')
}

/** For all three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`
}
