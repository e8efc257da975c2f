import {Errors, Help} from '@oclif/core'

/** The help of oclif, except that an unknown command gets the same answer as when it is run. */
export default class ShopHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv)
    } catch (error) {
      const id = error instanceof Errors.CLIError ? /^Command (.*) not found\.$/.exec(error.message)?.[1] : undefined
      if (id === undefined) throw error
      await this.config.runHook('command_not_found', {id, argv: []})
    }
  }
}
