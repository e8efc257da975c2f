import {prepare} from './prepared.ts'

/**
 * Makes the COMMIT of a transaction wait for the synchronous standbys, if the server has any, for everything that was
 * committed before. A transaction that writes nothing waits for none: it would confirm what it has read, although only
 * this server may have it. Without standbys it costs a record of the log.
 */
export const awaitStandbys = prepare('await_standbys', `select pg_logical_emit_message(true, 'shop', '')`)
