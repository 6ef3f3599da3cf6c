import { type BusTransport, BUS_TIMEOUT_MS } from './bus-connection.ts';
import { MessageSeal } from './message-seal.ts';
import { redisFault } from './redis-fault.ts';

/** Of one connection; the sender waits for each message, so more would be a mistake. */
const MAX_QUEUED = 100;

/**
 * Publish and subscribe of Redis 6 or newer, for any number of hubs. Redis keeps nothing, and
 * needs not be trusted: messages are sealed, and the name of the channel follows from the
 * secret, so that installations can share a server.
 *
 * @param url `redis://` or, with TLS, `rediss://user:password@host:port`.
 */
export function redisTransport(url: string): BusTransport {
  return {
    connect: async ({ received, lost }, secret) => {
      // Only here: it takes a hub that has no Redis half a second and 20 MB to load.
      const { createClient } = await import('@redis/client');
      const seal = new MessageSeal(secret);
      const client = createClient({
        url,
        name: 'signalbox-hub-bus',
        // Version 3 of the protocol subscribes and publishes on one connection.
        RESP: 3,
        disableOfflineQueue: true,
        commandsQueueMaxLength: MAX_QUEUED,
        commandOptions: { timeout: BUS_TIMEOUT_MS },
        maintNotifications: 'disabled',
        socket: { connectTimeout: BUS_TIMEOUT_MS, reconnectStrategy: false },
      });
      client.on('error', lost);
      try {
        await client.connect();
        await client.subscribe(
          seal.channel,
          (message: Buffer) => {
            const text = seal.open(message);
            if (text !== undefined) received(text);
          },
          true,
        );
      } catch (error) {
        client.destroy();
        throw error;
      }
      return {
        send: (message) => client.publish(seal.channel, seal.seal(message)),
        close: () => {
          client.destroy();
          return Promise.resolve();
        },
      };
    },
    faultOf: (error) => redisFault(error, url),
  };
}
