import type {IncomingHttpHeaders} from 'node:http'

import {
  type Context,
  context,
  isSpanContextValid,
  type Link,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'

/**
 * Spans of requests and of the checkout. A batch decides the jobs of many requests, so its span is in a trace of its own
 * with a link to each of them, and each wait has a link to its batch.
 */
export type Tracing = {
  /** Runs the rest of a request within its span, which the caller ends. */
  startRequest: (request: TracedRequest, run: () => void) => RequestTrace
  /** Begins the wait of a job of the request under way. */
  startWait: (kind: string) => WaitTrace
  /** Ends the waits. */
  startBatch: (waits: WaitTrace[]) => BatchTrace
}

type TracedRequest = {method: string; path: string; headers: IncomingHttpHeaders; requestId: string | undefined}

export type RequestTrace = {
  /** `route` is undefined if no resource has the path; a client that left got no status. */
  end: (answer: {route: string | undefined; status: number | 'aborted'}) => void
}

export type WaitTrace = {
  /** The span that the job was asked for in. */
  readonly request: Span | undefined
  /** Ending it again does nothing. */
  end: (batch?: Span) => void
}

export type BatchTrace = {
  retry: (reason: unknown) => void
  /** Begins to wait for the answer to COMMIT. */
  commit: () => CommitTrace
  end: () => void
}

export type CommitTrace = {end: (failure?: unknown) => void}

/** Undefined if no OpenTelemetry SDK is loaded: then nothing is traced, and nothing is done for it. */
export function openTracing(): Tracing | undefined {
  const tracer = trace.getTracer('shop')
  // The API has no question for whether there is an SDK. Without one, it makes spans with ids of zeros.
  const span = tracer.startSpan('shop starts')
  span.end()
  return isSpanContextValid(span.spanContext()) ? createTracing(tracer) : undefined
}

function createTracing(tracer: Tracer): Tracing {
  return {
    startRequest({method, path, headers, requestId}, run) {
      // An instrumentation of node:http has taken over the client's trace already.
      const isInner = trace.getActiveSpan() !== undefined
      const parent = isInner ? context.active() : propagation.extract(context.active(), headers)
      const attributes = {
        'http.request.method': method,
        'url.path': path,
        ...(requestId !== undefined && {'shop.request_id': requestId}),
      }
      const kind = isInner ? SpanKind.INTERNAL : SpanKind.SERVER
      const span = tracer.startSpan(method, {kind, attributes}, parent)
      context.with(trace.setSpan(parent, span), run)
      return {
        end({route, status}) {
          if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route)
          if (status === 'aborted') span.setAttribute('error.type', 'aborted')
          else span.setAttribute('http.response.status_code', status)
          if (status === 'aborted' || status >= 500) span.setStatus({code: SpanStatusCode.ERROR})
          span.end()
        },
      }
    },
    startWait(kind) {
      const request = trace.getActiveSpan()
      const span = tracer.startSpan('checkout wait', {attributes: {'shop.job': kind}})
      let isOver = false
      return {
        request,
        end(batch) {
          if (isOver) return
          isOver = true
          if (batch) span.addLink({context: batch.spanContext()})
          span.end()
        },
      }
    },
    startBatch(waits) {
      const links = waits.flatMap(({request}): Link[] => (request ? [{context: request.spanContext()}] : []))
      const attributes = {'shop.batch.jobs': waits.length}
      const span = tracer.startSpan('checkout batch', {root: true, links, attributes})
      const within = trace.setSpan(context.active(), span)
      for (const wait of waits) wait.end(span)
      return traceBatch(tracer, span, within)
    },
  }
}

function traceBatch(tracer: Tracer, span: Span, within: Context): BatchTrace {
  return {
    retry(reason) {
      span.addEvent('retry', {reason: messageOf(reason)})
    },
    commit() {
      const commit = tracer.startSpan(
        'COMMIT',
        {kind: SpanKind.CLIENT, attributes: {'db.system': 'postgresql'}},
        within,
      )
      return {
        end(failure) {
          if (failure !== undefined) commit.setStatus({code: SpanStatusCode.ERROR, message: messageOf(failure)})
          commit.end()
        },
      }
    },
    end() {
      span.end()
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
