import {Args} from '@oclif/core'

import {readBackup} from '../src/cli/backup-input.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {describeContent} from '../src/cli/show/backup.ts'
import {formatTime} from '../src/cli/show/format.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {backupJson, type BackupJson} from '../src/json/backup.ts'
import type {Finding} from '../src/services/audit.ts'
import type {BackupProgress} from '../src/services/backup/back-up.ts'
import {restore} from '../src/services/backup/restore.ts'
import {countOf} from '../src/text.ts'

type RestoreJson = BackupJson & {audit: {checked: number; findings: Finding[]}}

/** What Ctrl-C has stopped, by the step. */
const stopped: Partial<Record<string, string>> = {
  committing: 'Stopped. To see whether the backup was restored, run: shop status',
  audit: 'Stopped. The backup was restored, but not audited. Run: shop audit',
}

export default class Restore extends ShopCommand {
  static override summary = 'Restore a backup into an empty database, all or nothing.'
  static override description =
    'Reads what backup wrote. A backup of an older version is migrated to this one. Refuses a database that has anything in ' +
    'it, one that a shop serves, and a backup that is damaged. Audits the shop afterwards, and exits with 1 if an ' +
    'invariant is violated.'
  static override examples = [
    {
      description: 'Into a new embedded database',
      command: 'SHOP_DATA_DIR=/srv/shop2 <%= config.bin %> <%= command.id %> shop.backup',
    },
    {
      description: 'Into another database',
      command: 'createdb shop2 && DATABASE_URL=postgres:///shop2 <%= config.bin %> <%= command.id %> shop.backup',
    },
  ]
  static override args = {
    file: Args.string({description: 'the backup, or - for standard input', required: true, ignoreStdin: true}),
  }

  async run(): Promise<RestoreJson | undefined> {
    const {args} = await this.parse(Restore)
    const bar = startProgressBar('rows', {isShown: !this.jsonEnabled()})
    const last = {step: ''}
    const onProgress = (progress: BackupProgress): void => {
      last.step = progress.step
      bar?.update(progress)
    }
    const {holds} = this.shopConfig()
    const restored = await untilInterrupted(async (signal) =>
      this.withDatabase(async (db) => restore(db, readBackup(args.file), {holds, onProgress}), {
        schema: 'any',
        asOwner: true,
        signal,
      }),
    ).finally(() => bar?.stop())
    if (!restored) {
      this.logToStderr(stopped[last.step] ?? 'Stopped. Nothing was restored.')
      return undefined
    }
    const json = {...backupJson(restored.header, args.file), audit: restored.audit}
    const {checked, findings} = restored.audit
    this.log(`Restored ${describeContent(json)}, as they were at ${formatTime(json.created_at)} UTC.`)
    for (const {says, count} of findings) this.log(`Violated in ${countOf(count, 'row')}: ${says}.`)
    if (findings.length === 0) this.log(`All ${checked} invariants hold.`)
    else process.exitCode = 1
    if ((json.rows.payments ?? 0) > 0) {
      this.logWarning(
        'The payment provider knows of what happened after the backup. Before you serve, do what docs/payments.md says ' +
          'in "When a backup was restored".',
      )
    }
    return json
  }
}
