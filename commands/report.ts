import {Errors, Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {wrapForTerminal} from '../src/cli/show/print-error.ts'
import {standardOutput, writeOutput} from '../src/cli/file-output.ts'
import {limitFlag} from '../src/cli/flags/number-flags.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {csvLine} from '../src/cli/show/csv.ts'
import {csvCells, csvColumns, describeTotals, salesTable} from '../src/cli/show/sales-report.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {salesReportJson, type SalesReportJson} from '../src/json/sales-report.ts'
import {type Grouping, groupings, type SalesReport, salesReport} from '../src/services/shop/report.ts'

/** A longer table would take longer to draw than to compute. */
const mostRows = 1000

export default class Report extends ShopCommand {
  static override summary = 'Report sales by day, hour, product or user.'
  static override description =
    'Counts orders by the time they were placed; days and hours are those of UTC. Cancelled orders are counted separately. ' +
    'Imported orders count; refunds of orders that were not cancelled are not subtracted.'
  static override examples = [
    {description: 'The last 30 days', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'What sold best in November',
      command: '<%= config.bin %> <%= command.id %> --by product --from 2026-11-01 --to 2026-12-01',
    },
    {
      description: 'For a spreadsheet',
      command: '<%= config.bin %> <%= command.id %> --by user --limit none --csv > users.csv',
    },
  ]
  static override flags = {
    by: Flags.option({options: groupings})({
      summary: `what to group the orders by: ${groupings.join(', ')}`,
      helpValue: 'GROUP',
      default: 'day',
    }),
    from: timeFlag({summary: 'orders from this time on; 30 days ago by default, 24 hours ago by hour'}),
    to: timeFlag({summary: 'orders before this time; now by default'}),
    currency: currencyFlag({summary: 'only orders in this currency'}),
    limit: limitFlag({
      summary: 'the most products or users of each currency, the largest totals first; 100 by default',
    }),
    csv: Flags.boolean({summary: 'print CSV', exclusive: ['json']}),
  }

  async run(): Promise<SalesReportJson | undefined> {
    const {flags} = await this.parse(Report)
    const {by, from, to, currency, limit = 100} = flags
    if (from !== undefined && to !== undefined && from >= to) throw new Errors.CLIError('--from must be before --to.')
    const report = await untilInterrupted(async (signal) =>
      this.withDatabase(async (db) => salesReport(db, {by, from, to, currency, limit}), {signal}),
    )
    if (!report) return undefined
    if (flags.csv) await this.printCsv(report, by)
    else this.print(report, by)
    return salesReportJson(report, by)
  }

  private print(report: SalesReport, by: Grouping): void {
    const {isTTY, columns: width} = process.stdout
    const shown = {...report, rows: report.rows.slice(-mostRows)}
    const {columns, rows} = salesTable(shown, by, {width: isTTY ? width : undefined})
    this.logTable(columns, rows)
    if (shown.rows.length < report.rows.length) {
      this.logWarning(`Only the last ${mostRows} of ${report.rows.length} rows are shown. Use --csv for all of them.`)
    }
    for (const line of describeTotals(report)) this.logToStderr(wrapForTerminal(line, process.stderr))
  }

  private async printCsv({rows}: SalesReport, by: Grouping): Promise<void> {
    function* lines(): Generator<string> {
      yield csvLine(csvColumns(by))
      for (const row of rows) yield csvLine(csvCells(row, by))
    }
    await writeOutput(standardOutput, lines())
  }
}
