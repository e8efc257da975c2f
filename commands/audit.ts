import {Errors, Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import type {Finding} from '../src/services/audit.ts'
import {auditAndRecord, type RecordedAudit} from '../src/services/audit-since/audit-since.ts'
import {parseTime} from '../src/times.ts'
import {countOf} from '../src/text.ts'

type AuditJson = {
  checked: number
  findings: Finding[]
  since: {audited_at: string; is_full: boolean} | null
  recorded: boolean
}

const unrecorded: Partial<Record<RecordedAudit['record'], string>> = {
  'long transaction':
    'This audit is not recorded for --since, because another transaction has been writing for ten seconds, such as a large load.',
  'other server':
    'This audit is not recorded for --since, because the database server was restarted, or another one took over.',
  'read-only': 'This audit is not recorded for --since, because the database, or its role, can only read.',
}

export default class Audit extends ShopCommand {
  static override summary = 'Check that no stock is oversold and no order is lost or counted twice.'
  static override description =
    'Checks all invariants of stock, orders, baskets, holds and payments in one snapshot, while the shop runs. ' +
    'reconcile-payments compares the payments with those of the provider. ' +
    'If any is violated, lists the offending rows and exits with 1.\n\n' +
    'A clean audit is recorded, and --since goes on from it: it checks the current stock, holds and listings, and of orders, ' +
    'movements, keys and payments what is new or was changed by the shop. It does not look at older rows again, which somebody ' +
    'may have changed with SQL.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    {description: 'What is new since the last audit', command: '<%= config.bin %> <%= command.id %> --since last'},
  ]
  static override flags = {
    since: Flags.custom({
      summary: 'check only what is new since the last clean audit, or since the last one until this time',
      helpValue: 'TIME|last',
      parse: async (input) => Promise.resolve(parseSince(input)),
    })(),
  }

  async run(): Promise<AuditJson> {
    const {
      flags: {since},
    } = await this.parse(Audit)
    const bar = startProgressBar('invariants', {isShown: !this.jsonEnabled()})
    const result = await this.withDatabase(async (db) =>
      auditAndRecord(db, {
        ...this.shopConfig().holds,
        since,
        onProgress: ({done, total, next}) => bar?.update({share: done / total, done, step: next}),
      }),
    ).finally(() => bar?.stop())
    for (const {says, count, rows} of result.findings) {
      this.log(`Violated in ${countOf(count, 'row')}: ${says}.`)
      for (const row of rows) this.log(`  ${printable(JSON.stringify(row))}`)
    }
    const scope = result.since ? ` of what is new since the audit of ${result.since.auditedAt}` : ''
    if (result.findings.length === 0) this.log(`All ${result.checked} invariants hold${scope}.`)
    else process.exitCode = 1
    const warning = unrecorded[result.record]
    if (warning !== undefined) this.logWarning(warning)
    return auditJson(result)
  }
}

function auditJson({checked, findings, since, record}: RecordedAudit): AuditJson {
  return {
    checked,
    findings,
    since: since ? {audited_at: since.auditedAt, is_full: since.isFull} : null,
    recorded: record === 'recorded',
  }
}

function parseSince(input: string): string {
  const since = input === 'last' ? input : parseTime(input)
  if (since === undefined) {
    throw new Errors.CLIError(
      `"${input}" is neither "last" nor a valid time. Use a date or time such as 2027-01-01 or 2027-01-01T09:30:00Z.`,
    )
  }
  return since
}
