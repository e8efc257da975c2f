import {Args, Errors, Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {toOutput, writeOutput} from '../src/cli/file-output.ts'
import {describeContent} from '../src/cli/show/backup.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {backupJson, type BackupJson} from '../src/json/backup.ts'
import {backUp} from '../src/services/backup/back-up.ts'
import {readVersion} from '../src/version.ts'

export default class Backup extends ShopCommand {
  static override summary = 'Back up the whole shop to a file while it sells.'
  static override description =
    'Everything in the database of the shop, from one snapshot; restore reads it. The file has the hashes of passwords and ' +
    'tokens, and only you can read it. It does not have what a payment provider knows.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop.backup',
    {
      description: 'To another machine',
      command: '<%= config.bin %> <%= command.id %> - | ssh backups "cat > shop.backup"',
    },
  ]
  static override args = {
    file: Args.string({
      description: 'the file, or - for standard output',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    force: Flags.boolean({summary: 'replace a file that exists'}),
  }

  async run(): Promise<BackupJson | undefined> {
    const {args, flags} = await this.parse(Backup)
    const {force} = flags
    const output = await toOutput(args.file, {gzip: false, force, json: this.jsonEnabled()})
    if (output.file === undefined && process.stdout.isTTY) {
      throw new Errors.CLIError('A backup is not text. Give a FILE, or send standard output to a file or a program.')
    }
    const bar = startProgressBar('rows', {isShown: !this.jsonEnabled()})
    const header = await untilInterrupted(async (signal) =>
      this.withDatabase(
        async (db) =>
          backUp(db, {
            version: readVersion(),
            // The service compresses, whatever the name of the file.
            write: async (bytes) => writeOutput({...output, gzip: false}, bytes, signal),
            ...(bar && {onProgress: bar.update}),
          }),
        {signal},
      ),
    ).finally(() => bar?.stop())
    if (!header) {
      this.logToStderr(output.file === undefined ? 'Stopped.' : 'Stopped. No file was written.')
      return undefined
    }
    const json = backupJson(header, args.file)
    const summary = `Backed up ${describeContent(json)}`
    if (output.file === undefined) this.logToStderr(`${summary}.`)
    else this.log(`${summary} to ${output.file}. It has hashes of passwords and tokens; only you can read it.`)
    return json
  }
}
