import {Args, Errors, Flags} from '@oclif/core'

import {askToken} from '../src/cli/ask/token-picker.ts'
import {requireTerminal} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {userArg} from '../src/cli/flags/user-arg.ts'
import {printable} from '../src/cli/show/format.ts'
import {revokeTokens} from '../src/services/accounts/user-tokens.ts'
import {countOf} from '../src/text.ts'

type RevokedTokensJson = {user: string; revoked_tokens: number}

export default class RevokeTokens extends ShopCommand {
  static override summary = "Revoke some or all of a user's tokens."
  static override description =
    'Takes effect at once, also on servers that are running. The user can log in again; to prevent that, use ' +
    'deactivate-user. In a terminal, asks which token if none is given.'
  static override examples = [
    {
      description: 'One that list-tokens shows',
      command:
        '<%= config.bin %> <%= command.id %> matt $(<%= config.bin %> list-tokens matt | grep -o -m 1 "[0-9a-f]\\{12\\}")',
    },
    '<%= config.bin %> <%= command.id %> matt --all --reason "lost the phone"',
  ]
  static override args = {
    // oclif takes several values of an argument only after arguments that are required.
    user: userArg({required: true}),
    fingerprint: Args.custom({parse: async (input) => Promise.resolve(readFingerprint(input))})({
      description: 'a token, as list-tokens shows it; several may be given',
      ignoreStdin: true,
      multiple: true,
    }),
  }
  static override flags = {
    all: Flags.boolean({summary: 'revoke all tokens of the user'}),
    reason: reasonFlag(),
  }

  async run(): Promise<RevokedTokensJson> {
    const {args, flags} = await this.parse(RevokeTokens)
    const {user: username, fingerprint: given} = args
    if (flags.all && given) throw new Errors.CLIError('Pass either --all or fingerprints.')
    if (!flags.all && !given) {
      requireTerminal(`Pass --all or a FINGERPRINT. To see them, run: shop list-tokens ${printable(username)}`)
    }

    const revoked = await this.withDatabase(async (db) => {
      const fingerprints = flags.all ? 'all' : (given ?? [await askToken(db, username)])
      return revokeTokens(db, {username, fingerprints}, this.operator(flags.reason))
    })
    this.log(
      revoked === 0
        ? `${printable(username)} has no tokens.`
        : `Revoked ${countOf(revoked, 'token')} of ${printable(username)}.`,
    )
    return {user: username, revoked_tokens: revoked}
  }
}

function readFingerprint(text: string): string {
  if (/^[0-9a-f]{12}$/.test(text)) return text
  throw new Errors.CLIError(`"${text}" is not a fingerprint. Use 12 hexadecimal digits, as list-tokens shows them.`)
}
