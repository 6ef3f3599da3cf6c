import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Cleanup } from '#platform/testing/cleanup.ts';

/** A relay between two programs on loopback, which a test can cut. */
export class TcpRelay {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCut = false;
  #cutBehindBytes = Infinity;
  /** Connections that were passed on. */
  accepted = 0;

  private constructor(targetPort: () => number) {
    this.#server = createServer({ noDelay: true }, (near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      this.accepted += 1;
      const far = connect({ host: '127.0.0.1', port: targetPort(), noDelay: true });
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [far, near] as const]) {
        from.pipe(to);
        // An error is always followed by close, and close is what counts.
        from.on('error', () => undefined);
        from.on('close', () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
      }
      // Behind the listener that passes it on.
      near.on('data', ({ length }) => {
        if (length < this.#cutBehindBytes) return;
        this.#cutBehindBytes = Infinity;
        this.#isCut = true;
        far.end();
        near.resetAndDestroy();
      });
    });
  }

  /** @param target called at each connection: a restarted program may have another port. */
  static async start(target: () => number, cleanup: Cleanup): Promise<TcpRelay> {
    const relay = new TcpRelay(target);
    await new Promise<void>((resolve) => {
      relay.#server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    cleanup.add(async () => {
      relay.cut();
      await new Promise<void>((resolve) => {
        relay.#server.close(() => resolve());
      });
    });
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Resets the connections, with all data in flight, and accepts no new ones. */
  cut(): void {
    this.#isCut = true;
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** The next message to the target of at least so many bytes arrives there, and with it the end. */
  cutBehind(bytes: number): void {
    this.#cutBehindBytes = bytes;
  }

  mend(): void {
    this.#isCut = false;
  }
}
