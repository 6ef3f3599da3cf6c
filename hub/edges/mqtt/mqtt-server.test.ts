import { describe, expect, it } from 'vitest';
import { startMqttHub, type Version } from '../../testing/raw-mqtt.ts';

const VERSIONS = [3, 4, 5] as const satisfies readonly Version[];

describe.each(VERSIONS)('a client of protocol version %i', (version) => {
  it('publishes what another gets, at QoS 0 and 1, under the name that it knows', async () => {
    const { token, connected, siteId } = await startMqttHub();
    const reader = await connected(await token('read'), { version });
    reader.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [
        { topic: 'room/+', qos: 1 },
        { topic: `site/${siteId}/whole/#`, qos: 0 },
      ],
    });
    expect((await reader.next('suback')).granted).toEqual([1, 0]);
    const writer = await connected(await token(), { version });
    for (const [qos, topic] of [
      [0, 'room/a'],
      [1, 'room/b'],
      [1, 'whole/x'],
      [1, 'elsewhere'],
    ] as const) {
      const messageId = qos === 0 ? {} : { messageId: 7 };
      writer.send({
        ...{ cmd: 'publish', topic, qos, payload: `to ${topic}`, dup: false, retain: false },
        ...messageId,
      });
      if (qos === 1) expect((await writer.next('puback')).messageId).toBe(7);
    }
    const got = [];
    for (let index = 0; index < 3; index += 1) {
      const { topic, payload, qos, messageId = 0 } = await reader.next('publish');
      got.push(`${qos} ${topic}: ${payload.toString()}`);
      if (qos === 1) reader.send({ cmd: 'puback', messageId });
    }
    expect(got.toSorted()).toEqual([
      '0 room/a: to room/a',
      `0 site/${siteId}/whole/x: to whole/x`,
      '1 room/b: to room/b',
    ]);
    expect((await reader.untilQuiet()).filter(({ cmd }) => cmd === 'publish')).toEqual([]);
  });

  it('is refused with a wrong secret, and with none', async () => {
    const { client } = await startMqttHub();
    for (const secret of ['sbx_made-up', 'password']) {
      const refused = client();
      const { returnCode, reasonCode } = await refused.connect(secret, { version });
      expect(version === 5 ? reasonCode : returnCode).toBe(version === 5 ? 0x86 : 4);
      await refused.closed();
    }
  });
});
