import {readFileSync} from 'node:fs'

import {parse} from 'yaml'

// What deploy/ has for those who watch the shop.

type Alert = {alert: string; expr: string; labels: Record<string, string>; annotations: Record<string, string>}

export type Panel = {
  id: number
  type: string
  title: string
  gridPos: {x: number; y: number; w: number; h: number}
  targets?: {expr: string}[]
}

const folder = new URL('../../../deploy/', import.meta.url)

const {groups} = parse(readFileSync(new URL('prometheus/alerts.yml', folder), 'utf8')) as {groups: {rules: Alert[]}[]}

export const alerts = groups.flatMap(({rules}) => rules)

export const {panels} = JSON.parse(readFileSync(new URL('grafana/dashboards/mattshop.json', folder), 'utf8')) as {
  panels: Panel[]
}
