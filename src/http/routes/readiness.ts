import {defineResource} from '../resource.ts'

/** For load balancers. Unlike the heartbeat, it is no reason to restart a process. */
export const readiness = defineResource({
  path: '/healthcheck/ready/',
  name: 'Readiness',
  operations: {
    GET: {
      operationId: 'checkReadiness',
      tag: 'Health',
      summary: 'Check that the server can take requests',
      description:
        'Answers whether the database can be reached and has all migrations, and whether the server is shutting down. ' +
        'All requests of a second share one look at the database.',
      security: 'none',
      answers: {200: {description: 'The server can take requests.'}},
      problems: ['database_unavailable', 'schema_outdated', 'shutting_down'],
    },
  },
  handle: ({readiness: {check}}) => ({
    enter: async () => Promise.resolve(),
    methods: {
      async GET(_request, response) {
        await check()
        response.status(200).end()
      },
    },
  }),
})
