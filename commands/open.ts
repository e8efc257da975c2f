import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {integerFlag} from '../src/cli/flags/number-flags.ts'
import {findProgram} from '../src/cli/find-program.ts'
import {openInBrowser} from '../src/cli/open-in-browser.ts'

/** A server that is there answers at once. */
const patienceMs = 2000

export default class Open extends ShopCommand {
  static override summary = 'Open the page of the shop in a browser.'
  static override description =
    'The page describes the HTTP API and sends requests to a running server. Prints the address where no browser can be opened.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Only the address', command: '<%= config.bin %> <%= command.id %> --print --port 8080'},
  ]
  static override flags = {
    host: Flags.string({
      summary: 'address that the server listens on',
      helpValue: 'ADDRESS',
      env: 'HOST',
      default: '127.0.0.1',
    }),
    port: integerFlag({
      summary: 'port that the server listens on',
      env: 'PORT',
      default: 8000,
      min: 1,
      max: 65_535,
    }),
    print: Flags.boolean({summary: 'print the address, and open nothing'}),
  }

  async run(): Promise<{url: string; opened: boolean; answers: boolean}> {
    const {flags} = await this.parse(Open)
    const url = pageUrl(flags)
    const answers = await isServed(url)
    const opened = !flags.print && answers && (await this.openPage(url))
    this.log(opened ? `Opened ${url}` : url)
    if (!answers) this.logWarning(`No shop answers there. Start it with: ${this.config.bin} serve`)
    return {url, opened, answers}
  }

  private async openPage(url: string): Promise<boolean> {
    const environment = this.environment()
    return openInBrowser(url, {
      platform: process.platform,
      hasDisplay: (environment.DISPLAY ?? environment.WAYLAND_DISPLAY ?? '') !== '',
      find: async (name) => findProgram(name, environment.PATH ?? ''),
    })
  }
}

/** A server that listens on all addresses is reached by the loopback one. */
function pageUrl({host, port}: {host: string; port: number}): string {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/docs/`
}

async function isServed(url: string): Promise<boolean> {
  try {
    return (await fetch(url, {method: 'HEAD', signal: AbortSignal.timeout(patienceMs)})).ok
  } catch {
    // Nobody listens there, or something that does not speak HTTP.
    return false
  }
}
