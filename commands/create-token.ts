import {askUsername} from '../src/cli/ask/prompts.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {integerFlag} from '../src/cli/flags/number-flags.ts'
import {reasonFlag} from '../src/cli/flags/reason-flag.ts'
import {missingUser, userArg} from '../src/cli/flags/user-arg.ts'
import {formatTime, printable} from '../src/cli/show/format.ts'
import {maxTokenDays} from '../src/config.ts'
import {createToken} from '../src/services/accounts/user-tokens.ts'

type NewTokenJson = {user: string; token: string; fingerprint: string; expires_at: string}

export default class CreateToken extends ShopCommand {
  static override summary = 'Create a token with which a program can order as a user, and print it once.'
  static override description = "It works like the token of a login. The user's other tokens stay valid."
  static override examples = [
    '<%= config.bin %> <%= command.id %> matt',
    {
      description: 'For a week, to a file',
      command: '<%= config.bin %> <%= command.id %> matt --days 7 --reason "price robot" > token.txt',
    },
  ]
  static override args = {user: userArg()}
  static override flags = {
    days: integerFlag({
      summary: 'days until it expires; SHOP_TOKEN_DAYS or 365 by default',
      min: 1,
      max: maxTokenDays,
    }),
    reason: reasonFlag(),
  }

  async run(): Promise<NewTokenJson> {
    const {args, flags} = await this.parse(CreateToken)
    const username = args.user ?? (await askUsername(missingUser))
    const {tokenDays} = this.shopConfig()
    const {token, fingerprint, expiresAt} = await this.withDatabase(async (db) =>
      createToken(db, {username, days: flags.days ?? tokenDays}, this.operator(flags.reason)),
    )
    // Only the token is on standard output, so that it can be piped to where it is kept.
    this.logToStderr(`Created token ${fingerprint} of ${printable(username)}. It expires ${formatTime(expiresAt)} UTC.`)
    this.logToStderr('It is shown only once:')
    this.log(token)
    return {user: username, token, fingerprint, expires_at: expiresAt}
  }
}
