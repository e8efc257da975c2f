/*
 * Loaded into `shop serve` by --import. Keeps its spans in memory, and writes them to the file in TRACE_FILE when the
 * process ends.
 */
import {writeFileSync} from 'node:fs'
import {isMainThread} from 'node:worker_threads'

import {InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor} from '@opentelemetry/sdk-trace-base'
import {NodeTracerProvider} from '@opentelemetry/sdk-trace-node'

export type WrittenSpan = ReturnType<typeof writtenOf>

// Worker threads inherit --import.
if (isMainThread && process.env.TRACE_FILE !== undefined) traceTo(process.env.TRACE_FILE)

function traceTo(file: string): void {
  const exporter = new InMemorySpanExporter()
  new NodeTracerProvider({spanProcessors: [new SimpleSpanProcessor(exporter)]}).register()
  process.on('exit', () => {
    writeFileSync(file, JSON.stringify(exporter.getFinishedSpans().map(writtenOf)))
  })
}

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is WrittenSpan
export function writtenOf(span: ReadableSpan) {
  const {name, kind, attributes, events, links, status} = span
  const {traceId, spanId} = span.spanContext()
  return {
    ...{name, kind, traceId, spanId, attributes, status},
    parentId: span.parentSpanContext?.spanId,
    events: events.map((event) => event.name),
    links: links.map(({context}) => context.spanId),
  }
}
