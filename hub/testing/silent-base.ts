import { onTestFinished } from 'vitest';
import { WebSocket } from 'undici';
import { z } from 'zod';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import type { FakeBase } from './fake-base.ts';
import type { TestHub } from './test-hub.ts';
import { until } from '#platform/testing/until.ts';

const Connected = z.object({ sid: z.string() });

/**
 * Joins as this base over a bare WebSocket that answers no ping and never closes, like
 * a base whose network silently went away.
 */
export async function joinAndFallSilent(hub: TestHub, base: FakeBase): Promise<void> {
  const url = hub.addresses.http.replace(/^http/, 'ws');
  const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => socket.close());
  const heard: string[] = [];
  socket.addEventListener('message', ({ data }) => heard.push(String(data)));
  const packet = (start: string) => until(`packet ${start}`, () => heard.find(startsWith(start)));
  // Engine.IO 4 "open", then the Socket.IO packets "connect" and "event with acknowledgement".
  await packet('0');
  socket.send(`40${JSON.stringify({ assertion: await base.assertion() })}`);
  const { sid } = Connected.parse(JSON.parse((await packet('40')).slice(2)));
  const client = hub.client({ bearer: await base.assertion() });
  const { channel } = base;
  const { token } = await client.request(ChannelAuthorization, {
    path: '/api/channels/authorize',
    body: { socketId: sid, channel },
  });
  socket.send(`421${JSON.stringify(['channel.join', { channel, token }])}`);
  await packet('431[{"ok":true');
}

const startsWith = (start: string) => (text: string) => text.startsWith(start);
