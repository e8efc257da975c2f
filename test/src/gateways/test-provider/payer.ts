/* A shop process that pays and tells so, `node payer.js URL ORDER DELAY_MS`: for tests that kill it while it waits. */
import {connect} from '../../../../src/db/connect.ts'
import {createTestGateway} from '../../../../src/gateways/test-provider/test-gateway.ts'
import {actionUrl, type Order, patient} from './helpers.ts'

const [url = '', order = '', delayMs = '0'] = process.argv.slice(2)
const db = connect(() => ({connectionString: url}), {poolSize: 2, name: 'payer'})
const gateway = createTestGateway({db, webhookSecrets: ['current'], actionUrl, delayMs: Number(delayMs)})

const paying = gateway.pay(JSON.parse(order) as Order, patient())
process.stdout.write('paying\n')
await paying
process.stdout.write('paid\n')
await db.destroy()
