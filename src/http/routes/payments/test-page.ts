import {hash} from 'node:crypto'

import type {Response} from 'express'

import type {ProviderPayment} from '../../../gateways/gateway.ts'
import {formatAmount} from '../../../money.ts'

const style = `
body { max-width: 30rem; margin: 4rem auto; padding: 0 1rem; font-family: sans-serif; line-height: 1.5; color: #222; }
button { margin-right: 0.5rem; padding: 0.5rem 1.2rem; border: 1px solid #1f3d36; border-radius: 4px; font: inherit; cursor: pointer; }
button[value="succeed"] { background: #1f3d36; color: #fff; }
button[value="fail"] { background: #fff; color: #1f3d36; }
`

/** Allows its style, and its form to be sent here. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export function sendPage(response: Response, html: string): void {
  response.set('content-security-policy', contentSecurityPolicy).type('html').send(html)
}

/** What the buyer sees of a payment that waits for an action, and of one that does not wait any more. */
export function actionPage({money, state}: Pick<ProviderPayment, 'money' | 'state'>, returnUrl?: string): string {
  const {amount, currency} = money
  const sum = `<strong>${escapeHtml(`${formatAmount(amount, currency)} ${currency}`)}</strong>`
  if (state.kind === 'requires_action') {
    return page(`
    <p>The shop charges you ${sum}. Do you confirm the payment?</p>
    <form method="post">
      <button name="outcome" value="succeed">Confirm</button>
      <button name="outcome" value="fail">Fail</button>
    </form>`)
  }
  return page(`
    <p>The payment of ${sum} is ${escapeHtml(state.kind.replaceAll('_', ' '))}.</p>
    ${returnUrl === undefined ? '' : `<p><a href="${escapeHtml(returnUrl)}">Return to the shop</a></p>`}`)
}

function page(content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Test payment</title>
    <style>${style}</style>
  </head>
  <body>
    <h1>Test payment</h1>${content}
    <p><small>This page of the test provider stands for that of a bank. No money moves.</small></p>
  </body>
</html>
`
}

const entities: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
