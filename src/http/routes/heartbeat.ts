import type {Resource} from '../resource.ts'

/** Answers without the database, so that a slow one does not get healthy processes killed. */
export const heartbeat: Resource = {
  path: '/healthcheck/heartbeat/',
  operations: {
    GET: {
      operationId: 'checkHealth',
      tag: 'Health',
      summary: 'Whether the process answers',
      description: 'Without asking the database. Every other method answers the same.',
      security: 'none',
      answers: {200: {description: 'It does.'}},
      problems: 'none',
    },
  },
  serve: () => (_request, response) => {
    response.status(200).end()
  },
}
