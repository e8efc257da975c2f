import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {startProgressBar} from '../src/cli/show/progress-bar.ts'
import {audit, type Finding} from '../src/services/audit.ts'

export default class Audit extends ShopCommand {
  static override summary = 'Check that no stock is oversold and no order is lost or counted twice.'
  static override description =
    'Checks all invariants of stock, orders, baskets, holds and payments in one snapshot, while the shop runs. ' +
    'reconcile-payments compares the payments with those of the provider. ' +
    'If any is violated, lists the offending rows and exits with 1.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<{checked: number; findings: Finding[]}> {
    await this.parse(Audit)
    const bar = startProgressBar('invariants', {isShown: !this.jsonEnabled()})
    const result = await this.withDatabase(async (db) =>
      audit(db, this.shopConfig().holds, ({done, total, next}) => {
        bar?.update({share: done / total, done, step: next})
      }),
    ).finally(() => bar?.stop())
    for (const {says, count, rows} of result.findings) {
      this.log(`Violated in ${count} ${count === 1 ? 'row' : 'rows'}: ${says}.`)
      for (const row of rows) this.log(`  ${printable(JSON.stringify(row))}`)
    }
    if (result.findings.length === 0) this.log(`All ${result.checked} invariants hold.`)
    else process.exitCode = 1
    return result
  }
}
