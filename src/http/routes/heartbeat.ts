import type {Resource} from '../resource.ts'

/** Does not use the database, so that a slow database does not get healthy processes killed. */
export const heartbeat: Resource = {
  path: '/healthcheck/heartbeat/',
  operations: {
    GET: {
      operationId: 'checkHealth',
      tag: 'Health',
      summary: 'Check that the server is running',
      description: 'Answers without using the database. All other methods give the same answer.',
      security: 'none',
      answers: {200: {description: 'The server is running.'}},
      problems: 'none',
    },
  },
  serve: () => (_request, response) => {
    response.status(200).end()
  },
}
