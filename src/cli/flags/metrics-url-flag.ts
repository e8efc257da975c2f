import {isIPv6} from 'node:net'

import {Errors, Flags} from '@oclif/core'

import type {Config} from '../../config.ts'

export const metricsUrlFlag = Flags.custom({
  helpValue: 'URL',
  async parse(input) {
    const url = URL.canParse(input) ? new URL(input) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
      throw new Errors.CLIError(
        '--metrics-url must be a URL such as http://127.0.0.1:9464/metrics, without a password.',
      )
    }
    return Promise.resolve(url.href)
  },
})

/** Where the settings put the metrics; undefined if they are off. A server that listens on all addresses does so on loopback, too. */
export function localMetricsUrl({metrics}: Config): string | undefined {
  if (!metrics || metrics.port === 0) return undefined
  const host = isAnyAddress(metrics.host) ? '127.0.0.1' : metrics.host
  return `http://${isIPv6(host) ? `[${host}]` : host}:${metrics.port}/metrics`
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
