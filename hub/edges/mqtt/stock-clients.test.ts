import { connectAsync, type IClientOptions } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '#platform/testing/until.ts';
import { startMqttHub } from '../../testing/raw-mqtt.ts';

describe.each([3, 4, 5] as const)('mqtt.js as protocol version %i', (protocolVersion) => {
  it('publishes and gets messages at every QoS, over plain and over TLS', async () => {
    const { hub, token, port } = await startMqttHub();
    const password = await token();
    const options: IClientOptions = {
      ...{ protocolVersion, username: 'any', password, reconnectPeriod: 0 },
      protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
      rejectUnauthorized: false,
      clientId: 'a-client-id-of-more-than-23-characters-40',
    };
    for (const url of [`mqtt://127.0.0.1:${port}`, hub.addresses.mqtts ?? '']) {
      const client = await connectAsync(url.replace('localhost', '127.0.0.1'), options);
      onTestFinished(() => void client.end(true));
      const got: string[] = [];
      client.on('message', (topic, payload, { qos }) =>
        got.push(`${qos} ${topic} ${payload.toString()}`),
      );
      await client.subscribeAsync('t/#', { qos: 2 });
      for (const qos of [0, 1, 2] as const) await client.publishAsync(`t/${qos}`, 'x', { qos });
      await until('three', () => (got.length === 3 ? true : undefined));
      expect(got.toSorted()).toEqual(['0 t/0 x', '1 t/1 x', '2 t/2 x']);
      await client.endAsync();
    }
  });
});
