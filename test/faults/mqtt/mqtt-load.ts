import { connect, type MqttClient } from 'mqtt';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';

/** The brokers that a client goes to, one after the other. */
export type Brokers = readonly { readonly host: string; readonly port: number }[];

export interface LoadClientDeps {
  readonly brokers: Brokers;
  readonly secret: string;
  readonly cleanup: Cleanup;
}

/** A stock client that keeps its session, and comes back by itself: to the next broker. */
function sessionOf(clientId: string, { brokers, secret, cleanup }: LoadClientDeps): MqttClient {
  const client = connect({
    servers: brokers.map((one) => ({ ...one, protocol: 'mqtt' as const })),
    ...{ clientId, username: clientId, password: secret, clean: false },
    ...{ protocolVersion: 4, reconnectPeriod: 50, connectTimeout: 5_000, keepalive: 30 },
  });
  client.on('error', () => undefined);
  cleanup.add(async () => {
    await client.endAsync(true);
  });
  return client;
}

const MAX_OUTSTANDING = 10;

/** Publishes at QoS 1 and 2, and knows what was acknowledged. */
export class LoadWriter {
  readonly acknowledged = new Set<string>();
  /** At QoS 1 the hub may have stored these twice: their acknowledgement was lost. */
  readonly sentTwice = new Set<string>();
  readonly client: MqttClient;
  readonly #name: string;
  readonly #outstanding = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #isStopped = false;

  constructor(name: string, { everyMs, ...deps }: LoadClientDeps & { readonly everyMs: number }) {
    this.#name = name;
    this.client = sessionOf(name, deps);
    this.client.on('close', () => {
      for (const payload of this.#outstanding) this.sentTwice.add(payload);
    });
    this.#timer = setInterval(() => this.#publish(), everyMs);
    deps.cleanup.add(() => clearInterval(this.#timer));
  }

  /** Resolves once everything is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await until('all is acknowledged', () => this.#outstanding.size === 0, 60_000);
  }

  #publish(): void {
    const isFull = this.#outstanding.size >= MAX_OUTSTANDING;
    if (this.#isStopped || isFull || !this.client.connected) return;
    this.#count += 1;
    const qos = this.#count % 2 === 0 ? 2 : 1;
    const payload = `${this.#name} ${this.#count} at QoS ${qos}`;
    this.#outstanding.add(payload);
    this.client.publish('load/x', payload, { qos }, (error) => {
      this.#outstanding.delete(payload);
      // The library no longer says what became of it, though it may send it again.
      if (error) this.sentTwice.add(payload);
      else this.acknowledged.add(payload);
    });
  }
}

interface Arrivals {
  readonly count: number;
  /** Not marked as a duplicate. */
  readonly fresh: number;
}

/** Subscribes, and counts what comes. */
export class LoadReader {
  readonly client: MqttClient;
  readonly arrivals = new Map<string, Arrivals>();
  readonly qos: 1 | 2;

  constructor(name: string, { qos, ...deps }: LoadClientDeps & { readonly qos: 1 | 2 }) {
    this.qos = qos;
    this.client = sessionOf(name, deps);
    this.client.on('message', (_topic, payload, { dup }) => {
      const text = payload.toString();
      const before = this.arrivals.get(text) ?? { count: 0, fresh: 0 };
      this.arrivals.set(text, {
        count: before.count + 1,
        fresh: before.fresh + (dup ? 0 : 1),
      });
    });
  }

  async subscribed(): Promise<void> {
    await this.client.subscribeAsync('load/#', { qos: this.qos });
  }

  get duplicates(): number {
    return [...this.arrivals.values()].reduce((sum, { count }) => sum + count - 1, 0);
  }

  /** What must not be, in sentences. */
  violations(writer: LoadWriter): string[] {
    const faults: string[] = [];
    for (const payload of writer.acknowledged) {
      const { count, fresh } = this.arrivals.get(payload) ?? { count: 0, fresh: 0 };
      const who = `the reader at QoS ${this.qos}`;
      if (count === 0) faults.push(`${who} never got "${payload}", which was acknowledged`);
      const isExact = payload.endsWith('2');
      if (isExact && this.qos === 2 && count > 1)
        faults.push(`${who} got "${payload}" ${count} times`);
      // A publisher that heard of no acknowledgement sends it again: then there are two.
      const mayBeTwo = !isExact && writer.sentTwice.has(payload);
      if (fresh > 1 && !mayBeTwo) faults.push(`${who} got "${payload}" twice as if it were new`);
    }
    return faults;
  }
}
