import type {Router} from 'express'

/** Answers without the database, so that a slow one does not get healthy processes killed. */
export function addHealthcheckRoutes(router: Router): void {
  router.all('/healthcheck/heartbeat', (_request, response) => {
    response.status(200).end()
  })
}
