import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {describeDifference, describeReconciliation} from '../src/cli/show/reconciliation.ts'
import {differenceJson, type DifferenceJson} from '../src/json/reconciliation.ts'
import {reconcile} from '../src/services/payments/operators/reconcile.ts'

/** Of more, --json has the count only. Without it, all are printed. */
const mostInJson = 1000

export default class ReconcilePayments extends ShopCommand {
  static override summary = "Compare the shop's payments with those of the payment provider."
  static override description =
    'Lists payments that only one side has, that differ, whose order is cancelled but not refunded, and that nothing is ' +
    'being done about, while the shop runs. Exits with 1 if a difference remains. docs/payments.md says what to do then.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --since 2026-11-01 --json',
    {description: 'After the shop was down', command: '<%= config.bin %> <%= command.id %> --fix'},
  ]
  static override flags = {
    since: timeFlag({
      summary: 'compare payments from this time on, in UTC unless it has an offset; 30 days by default',
    }),
    fix: Flags.boolean({
      summary: 'bring payments up to date as a server would; refunds nothing that has no order',
    }),
  }

  async run(): Promise<{found: number; fixed: number; remaining: number; differences: DifferenceJson[]}> {
    const {flags} = await this.parse(ReconcilePayments)
    const {since, fix} = flags
    const differences: DifferenceJson[] = []
    const count = {found: 0, fixed: 0}
    await this.withProvider(async (db, {gateway, ...options}) => {
      for await (const difference of reconcile(db, gateway, {...options, since, fix})) {
        count.found++
        if (difference.isFixed) count.fixed++
        if (differences.length < mostInJson) differences.push(differenceJson(difference))
        for (const line of describeDifference(difference)) this.log(line)
      }
    })
    const result = {...count, remaining: count.found - count.fixed}
    this.log(describeReconciliation(result))
    if (result.remaining > 0) process.exitCode = 1
    return {...result, differences}
  }
}
