import { beforeAll } from 'vitest';
import { until } from '#platform/testing/until.ts';
import type { TestHubOptions } from './test-hub.ts';
import { type MqttHub, type RawMqtt, startMqttHub } from './raw-mqtt.ts';

const START_MS = 60_000;

/** One hub with a broker for all tests of a file, and what they do at it. */
export function sharedMqttHub(options: Partial<TestHubOptions> = {}) {
  const shared: { hub?: MqttHub } = {};
  const cleanups: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const onCleanup = (cleanup: () => Promise<void>): void => void cleanups.push(cleanup);
    shared.hub = await startMqttHub({ ...options, onCleanup });
    return async () => {
      for (const cleanup of cleanups.toReversed()) await cleanup();
    };
  }, START_MS);
  const theHub = (): MqttHub => {
    if (!shared.hub) throw new Error('not started');
    return shared.hub;
  };
  const connections = (): number => theHub().hub.gauges()['mqtt.connections'] ?? 0;
  /** Breaks the connection of a client; returns once the hub has stored that. */
  const cut = async (client: RawMqtt): Promise<void> => {
    const before = connections();
    client.socket.destroy();
    await until('its end is stored', () => connections() < before);
  };
  const isEmpty = (): Promise<boolean> => until('nobody is left', () => connections() === 0);
  return { theHub, cut, isEmpty };
}
