import {isIP} from 'node:net'

import type {Request} from 'express'
import ipaddr from 'ipaddr.js'

/**
 * The address by which logins are counted. It is the client's if the proxies in front of the shop are trusted, and
 * otherwise that of whoever connected. Nobody has a single IPv6 address: of those, it is the network of 64 bits.
 */
export function clientAddress({ip, socket}: Pick<Request, 'ip' | 'socket'>): string {
  // What a proxy says may be no address at all.
  return addressOf(ip) ?? addressOf(socket.remoteAddress) ?? 'unknown'
}

function addressOf(text = ''): string | undefined {
  const host = withoutPort(text)
  if (isIP(host) === 0) return undefined
  const address = ipaddr.process(host)
  if (address instanceof ipaddr.IPv4) return address.toString()
  const network = [...address.parts.slice(0, 4), 0, 0, 0, 0]
  return `${new ipaddr.IPv6(network).toString()}/64`
}

/** Some proxies add the port of the client: `203.0.113.7:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  const [, bracketed, ipv4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? []
  return bracketed ?? ipv4 ?? text
}
