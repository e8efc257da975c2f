import {ShopCommand} from '../src/cli/base-command.ts'
import {printable} from '../src/cli/show/format.ts'
import {audit, type Finding} from '../src/services/audit.ts'

export default class Audit extends ShopCommand {
  static override summary = 'Prove from the tables that nothing is oversold, lost or doubled.'
  static override description =
    'Checks every invariant of the data in one snapshot, while the shop runs. Exits with 1 and the offending rows where one does not hold.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<{checked: number; findings: Finding[]}> {
    await this.parse(Audit)
    const result = await this.withDatabase(audit)
    for (const {says, count, rows} of result.findings) {
      this.log(`It does not hold that ${says}: ${count} ${count === 1 ? 'row' : 'rows'}.`)
      for (const row of rows) this.log(`  ${printable(JSON.stringify(row))}`)
    }
    if (result.findings.length === 0) this.log(`All ${result.checked} invariants hold.`)
    else process.exitCode = 1
    return result
  }
}
