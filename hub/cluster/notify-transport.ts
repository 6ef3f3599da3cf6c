import pg from 'pg';
import { BUS_TIMEOUT_MS, type BusTransport } from './bus-connection.ts';

const CHANNEL = 'signalbox';

/**
 * NOTIFY of PostgreSQL, for up to about five hubs. On a connection of its own and after
 * the commit: within a transaction it would hold a lock over the sync of the disk, and end
 * the sharing of syncs.
 *
 * @param url of the server itself: a pooler between them would end a subscription without a word.
 * @param place the same for the eyes of a person, without the password.
 */
export function notifyTransport(url: string, place: string): BusTransport {
  return {
    connect: async ({ received, lost }) => {
      const client = new pg.Client({
        connectionString: url,
        application_name: 'signalbox hub bus',
        connectionTimeoutMillis: BUS_TIMEOUT_MS,
        query_timeout: BUS_TIMEOUT_MS,
        keepAlive: true,
      });
      client.on('error', lost);
      client.on('notification', ({ payload }) => received(payload ?? ''));
      try {
        await client.connect();
        await client.query(`listen ${CHANNEL}`);
      } catch (error) {
        void client.end().catch(() => undefined);
        throw error;
      }
      return {
        send: (message) =>
          client.query({
            name: 'notify',
            text: 'select pg_notify($1, $2)',
            values: [CHANNEL, message],
          }),
        close: () => client.end(),
      };
    },
    faultOf: (error) => {
      const reason = error instanceof Error ? ` (${error.message})` : '';
      return `The database at ${place} carries no hints between hubs${reason}; until it does, this hub looks for changes itself.`;
    },
  };
}
