/* A shop process that pays, `node dying-process.js URL PAYMENT_ID STEP`, and is killed at a step of it. */
import {connect} from '../../../../src/db/connect.ts'
import type {Gateway} from '../../../../src/gateways/gateway.ts'
import {createTestGateway} from '../../../../src/gateways/test-provider/test-gateway.ts'
import {advance} from '../../../../src/services/payments/advance.ts'
import {settings} from '../../../helpers/payments.ts'

export type DyingStep = 'after the call' | 'after the commit' | 'before the call' | 'before the commit'

const [url = '', paymentId = '', step = ''] = process.argv.slice(2)
const db = connect(() => ({connectionString: url}), {poolSize: 2, name: 'dying'})
const providerDb = connect(() => ({connectionString: url}), {poolSize: 2})
const gateway = createTestGateway({db: providerDb, webhookSecrets: ['secret'], actionUrl: (id) => `/${id}`})

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

const dying: Gateway = {
  ...gateway,
  async pay(...asked) {
    if (step === 'before the call') await die()
    const paid = await gateway.pay(...asked)
    if (step === 'after the call') await die()
    return paid
  },
}

// Before the commit, the parent stops the transaction and kills this process.
await advance(db, dying, Number(paymentId), {mayStart: true, settings, signal: new AbortController().signal})
await die()
