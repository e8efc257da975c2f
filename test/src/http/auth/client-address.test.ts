import {Socket} from 'node:net'

import test from 'ava'

import {clientAddress} from '../../../../src/http/auth/client-address.ts'

const counts = test.macro<[string | undefined, string]>({
  exec(t, ip, expected) {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', {value: '192.0.2.1'})
    t.is(clientAddress({ip, socket}), expected)
  },
  title: (_, ip, expected) => `counts ${(ip ?? 'no address').slice(0, 50)} as ${expected}`,
})

test(counts, '203.0.113.7', '203.0.113.7')
test(counts, '203.0.113.7:4711', '203.0.113.7')
test(counts, '::ffff:203.0.113.7', '203.0.113.7')
test(counts, '::ffff:cb00:7107', '203.0.113.7')
test(counts, '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64')
test(counts, '2001:DB8:1:2::', '2001:db8:1:2::/64')
test(counts, '[2001:db8:1:2::9]', '2001:db8:1:2::/64')
test(counts, '[2001:db8:1:2::9]:443', '2001:db8:1:2::/64')
test(counts, 'fe80::1%eth0', 'fe80::/64')
test(counts, '::1', '::/64')
// Not an address, though a parser of addresses may read some of these.
test(counts, 'unknown', '192.0.2.1')
test(counts, '_hidden', '192.0.2.1')
test(counts, '0x7f000001', '192.0.2.1')
test(counts, '3232235521', '192.0.2.1')
test(counts, '127.1', '192.0.2.1')
test(counts, `1.2.3.4${' '.repeat(10_000)}`, '192.0.2.1')
test(counts, '', '192.0.2.1')
test(counts, undefined, '192.0.2.1')

test('a client that has gone has no address', (t) => {
  t.is(clientAddress({ip: undefined, socket: new Socket()}), 'unknown')
})
