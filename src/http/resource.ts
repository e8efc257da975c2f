import type {Request, Response, Router} from 'express'

import {HttpProblem} from './problem.ts'

type Handler<Caller> = (request: Request, response: Response, caller: Caller) => Promise<void>

type Method = 'GET' | 'POST' | 'PUT'

export type Resource<Caller> = {
  /** As Django REST Framework names the view, for OPTIONS. */
  name: string
  methods: Partial<Record<Method, Handler<Caller>>>
  /** Runs before the method is looked at: who may not come in does not learn what there is. */
  enter: (request: Request) => Promise<Caller>
}

const mediaTypes = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']

/** One address with its methods: HEAD where there is GET, OPTIONS that describes it, and 405 for the rest. */
export function addResource<Caller>(
  router: Router,
  paths: (RegExp | string)[],
  {name, methods, enter}: Resource<Caller>,
): void {
  const names = Object.keys(methods) as Method[]
  const allow = [...names, ...(methods.GET ? ['HEAD'] : []), 'OPTIONS'].join(', ')

  router.all(paths, async (request, response) => {
    if (!request.accepts(['application/json', 'application/problem+json', 'text/html'])) {
      throw new HttpProblem(406, 'not_acceptable', 'Could not satisfy the request Accept header.')
    }
    const caller = await enter(request)

    const method = request.method === 'HEAD' ? 'GET' : request.method
    if (method === 'OPTIONS') {
      response.set('allow', allow).json({name, description: '', renders: ['application/json'], parses: mediaTypes})
      return
    }
    const handler = names.includes(method as Method) ? methods[method as Method] : undefined
    if (!handler) {
      throw new HttpProblem(405, 'method_not_allowed', `Method "${request.method}" not allowed.`, {headers: {allow}})
    }
    await handler(request, response, caller)
  })
}
