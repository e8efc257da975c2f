import {Args} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {describeCommands} from '../src/cli/completion/describe-commands.ts'
import {completionScript, type Shell, shells} from '../src/cli/completion/scripts.ts'

export default class Completion extends ShopCommand {
  static override summary = 'Print a script that completes commands and flags in a shell.'
  static override description =
    'Completes the names of commands, their flags, and the values of flags that have a few. Print it again after an upgrade.'
  static override examples = [
    {description: 'bash, in ~/.bashrc', command: 'source <(<%= config.bin %> <%= command.id %> bash)'},
    {description: 'zsh, in ~/.zshrc after compinit', command: 'source <(<%= config.bin %> <%= command.id %> zsh)'},
    {
      description: 'fish',
      command: '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
  ]
  static override enableJsonFlag = false
  static override args = {
    shell: Args.custom<Shell>({options: [...shells]})({
      description: 'the shell',
      required: true,
      ignoreStdin: true,
    }),
  }

  async run(): Promise<void> {
    const {args} = await this.parse(Completion)
    this.log(completionScript(args.shell, this.config.bin, describeCommands(this.config)).trimEnd())
  }
}
