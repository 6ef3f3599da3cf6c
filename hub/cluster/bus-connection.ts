import type { Clock } from '#platform/clock.ts';

/** One connection to what carries messages between hubs. */
export interface BusConnection {
  /** Rejects when it was not sent. */
  readonly send: (message: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export interface BusConnectionEvents {
  readonly received: (message: string) => void;
  /** It is of no more use. */
  readonly lost: (error: unknown) => void;
}

/** A way to carry messages: what {@link ConnectedBus} connects to, and connects to again. */
export interface BusTransport {
  /** @param secret known to the hubs of this installation alone. */
  readonly connect: (events: BusConnectionEvents, secret: string) => Promise<BusConnection>;
  /** Why there is no connection, in one sentence for whoever runs the hub, without a password. */
  readonly faultOf: (error: unknown) => string;
}

/** No step of connecting may take longer, and no message. */
export const BUS_TIMEOUT_MS = 5_000;

/** Settles as the promise does, or after the time at the latest. */
export async function settledWithin(
  clock: Pick<Clock, 'after'>,
  timeoutMs: number,
  done: Promise<unknown>,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = clock.after(timeoutMs, resolve);
    void done
      .catch(() => undefined)
      .then(() => {
        cancel();
        resolve();
      });
  });
}
