import {Args, loadHelpClass} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'

export default class Help extends ShopCommand {
  static override summary = 'Show the commands, or how to use one of them.'
  static override description = 'The same as --help. To show the version of the shop, run: shop version'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> place-order',
    '<%= config.bin %> <%= command.id %> migrate rollback',
  ]
  static override enableJsonFlag = false
  static override strict = false
  static override args = {command: Args.string({description: 'the command, such as place-order', ignoreStdin: true})}

  async run(): Promise<void> {
    const {argv} = await this.parse(Help)
    const HelpClass = await loadHelpClass(this.config)
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions).showHelp(argv as string[])
  }
}
