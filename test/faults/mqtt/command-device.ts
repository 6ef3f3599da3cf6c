import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';
import type { Random } from '../random.ts';
import type { LoadClientDeps } from './mqtt-load.ts';

/** One arrival of a command at a device. */
export interface Execution {
  /** Of the connections of the device, the how manieth. */
  readonly connection: number;
  readonly atMs: number;
}

export interface CommandDeviceDeps extends LoadClientDeps {
  readonly clientId: string;
  readonly random: Random;
}

const MAX_ANSWER_MS = 30;

/**
 * A stock client that is a unit: it answers most commands, refuses some, says nothing to some, and
 * loses its connection over some. What it was sent, it remembers.
 */
export class CommandDevice {
  readonly executions = new Map<string, Execution[]>();
  readonly refused = new Set<string>();
  readonly #random: Random;
  readonly #client: MqttClient;
  #connection = 0;
  /** From here on it answers to whatever comes. */
  isReliable = false;

  constructor({ brokers, secret, clientId, random, cleanup }: CommandDeviceDeps) {
    this.#random = random;
    this.#client = connect({
      servers: brokers.map((one) => ({ ...one, protocol: 'mqtt' as const })),
      ...{ clientId, username: clientId, password: secret, clean: true, protocolVersion: 5 },
      ...{ reconnectPeriod: 50, connectTimeout: 5_000, keepalive: 30, resubscribe: false },
    });
    this.#client.on('error', () => undefined);
    this.#client.on('connect', () => {
      this.#connection += 1;
      // It comes again with the next connection, if it is lost.
      this.#client.subscribe('cmnd/#', { qos: 1 }, () => undefined);
    });
    this.#client.on('message', (topic, _payload, { properties }) => {
      const id = properties?.correlationData?.toString();
      // Its own answers come back to it.
      if (id !== undefined && !topic.endsWith('/r')) void this.#execute(topic, id);
    });
    cleanup.add(async () => {
      await this.#client.endAsync(true);
    });
  }

  get connections(): number {
    return this.#connection;
  }

  get isConnected(): boolean {
    return this.#client.connected;
  }

  /** It loses its connection, and comes back: at the next of the brokers. */
  cut(): void {
    this.#client.stream.destroy();
  }

  async #execute(topic: string, id: string): Promise<void> {
    const before = this.executions.get(id) ?? [];
    const execution = { connection: this.#connection, atMs: Date.now() };
    this.executions.set(id, [...before, execution]);
    const chance = this.isReliable ? 0 : this.#random.next();
    if (chance > 0.95) {
      this.cut();
      return;
    }
    if (chance > 0.9) return;
    await sleep(this.#random.int(0, MAX_ANSWER_MS));
    const isRefused = chance > 0.8;
    if (isRefused) this.refused.add(id);
    const payload = JSON.stringify({ id, ...(isRefused ? { error: 'too hot' } : {}) });
    this.#client.publish(`${topic}/r`, payload, { qos: 1 }, () => undefined);
  }
}
