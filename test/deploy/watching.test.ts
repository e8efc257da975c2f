import {readFile} from 'node:fs/promises'

import test from 'ava'

import {problems} from '../../src/http/problems/problems.ts'
import {callOutcomes, loginOutcomes} from '../../src/metrics/shop-metrics.ts'
import {alerts, panels} from '../helpers/watching.ts'

test('each alert says how bad it is, what happened and where to read what to do', (t) => {
  for (const {alert, labels, annotations} of alerts) {
    const {summary = '', description = '', runbook_url} = annotations
    t.true(['critical', 'warning'].includes(labels.severity ?? ''), `${alert} has no severity`)
    t.true(summary.endsWith('.') && description.endsWith('.'), `${alert} does not say what happened`)
    t.is(runbook_url, `docs/operations.md#${alert.toLowerCase()}`)
  }
})

test('the operations manual says what each alert means, and of no other', async (t) => {
  const manual = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const [, about = ''] = manual.split('## Alerts\n')
  const described = [...about.matchAll(/^### (\w+)\n\n\*\*(Critical|Warning)\.\*\*/gm)].map(([, alert, severity]) => ({
    alert,
    severity: severity?.toLowerCase(),
  }))
  t.deepEqual(
    described,
    alerts.map(({alert, labels}) => ({alert, severity: labels.severity})),
  )
})

test('the outcomes in alerts are those that the shop counts', (t) => {
  const known: Record<string, readonly string[]> = {
    shop_logins_total: loginOutcomes,
    shop_payment_calls_total: callOutcomes,
  }
  const selectors = alerts.flatMap(({expr}) => [...expr.matchAll(/(\w+)\{[^}]*outcome=~"([^"]*)"/g)])
  t.is(selectors.length, 2)
  for (const [, metric = '', outcomes = ''] of selectors) {
    const unknown = outcomes.split('|').filter((outcome) => known[metric]?.includes(outcome) !== true)
    t.deepEqual(unknown, [])
  }
})

test('the codes in alerts are those of problems', (t) => {
  const codes = alerts.flatMap(({expr}) => [...expr.matchAll(/code="(\w+)"/g)].map(([, code]) => code ?? ''))
  t.is(codes.length, 1)
  t.true(codes.every((code) => code in problems))
})

test('each alert has a case in which it fires', async (t) => {
  const cases = await readFile(new URL('../../../deploy/prometheus/alerts.test.yml', import.meta.url), 'utf8')
  const fired = [...cases.matchAll(/alertname="(\w+)"/g)].map(([, name]) => name)
  t.deepEqual([...new Set(fired)].sort(), alerts.map(({alert}) => alert).sort())
})

test('no panel of the dashboard covers another, and each has a title of its own and a query', (t) => {
  const cells = panels.flatMap(({gridPos: {x, y, w, h}}) =>
    Array.from({length: w * h}, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  )
  t.is(new Set(cells).size, cells.length)
  t.true(panels.every(({gridPos: {x, w}}) => x + w <= 24))
  t.is(new Set(panels.map(({title}) => title)).size, panels.length)
  t.is(new Set(panels.map(({id}) => id)).size, panels.length)
  t.true(panels.filter(({type}) => type !== 'row').every(({targets}) => targets !== undefined && targets.length > 0))
})

test('each metric of the shop has a panel', async (t) => {
  const manual = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
  const metrics = [...manual.matchAll(/^\| `(shop_\w+)`/gm)].map(([, name]) => name ?? '')
  const shown = panels.flatMap(({targets = []}) => targets.map(({expr}) => expr)).join()
  t.true(metrics.length > 20)
  t.deepEqual(
    metrics.filter((name) => !new RegExp(`\\b${name}(_bucket|_count|_sum)?\\b`).test(shown)),
    [],
  )
})
