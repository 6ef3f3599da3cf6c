import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { newPrivateKeyPem, readPrivateKey } from '../../pairing/base-key.ts';
import { GroupCommit } from '../../store/group-commit.ts';
import { openStore } from '../../store/store.ts';
import { FakeHub } from '../../testing/fake-hub.ts';
import { testLog } from '../../testing/test-base.ts';
import { ClockOffset } from '../clock-offset.ts';
import { HubHttp } from '../hub-http.ts';
import { ChannelClient } from './channel-client.ts';
import { LogFollower } from './log-follower.ts';

const none = () => undefined;

/** A channel whose timers never fire, to a hub that is not there yet. */
async function build() {
  const hub = new FakeHub();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const privateKey = readPrivateKey(newPrivateKeyPem());
  hub.publicKey = createPublicKey(privateKey);
  const clock = new ManualClock(Date.now());
  const store = openStore({ path: ':memory:' });
  const http = new HubHttp({ origin });
  const offset = new ClockOffset(clock);
  const channel = new ChannelClient({
    ...{ clock, http, offset, origin, log: testLog, identity: undefined },
    random: () => 0.5,
    signer: { baseId: hub.baseId, privateKey },
    canReach: () => Promise.resolve(true),
    follower: new LogFollower({
      ...{ log: testLog, store },
      commands: {
        journal: () => none,
        refuse: () => none,
        ...{ cancel: none, keepOnly: none, release: none },
      },
      units: {
        ...{ replace: none, change: none, refresh: none, republishPresence: none },
        describeAgain: () => none,
      },
    }),
    group: new GroupCommit({ store, soon: (run) => void setImmediate(run) }),
    finder: {
      discover: () => Promise.reject(new Error('nobody asks')),
      probe: () => Promise.reject(new Error('nobody asks')),
    },
    clockKnown: none,
    online: none,
  });
  onTestFinished(async () => {
    channel.close();
    await http.close();
    await hub.close();
    store.close();
  });
  return { channel, hub, start: async () => hub.start(port) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atTestEnd.add(() => void server.close());
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

it('dials a hub that was out of reach as soon as it is known to be there', async () => {
  const { channel, hub, start } = await build();
  channel.start();
  await until('nobody answers', () => channel.status.state === 'offline');
  await start();
  channel.hubReached();
  await until('the link', () => channel.status.state === 'online');
  channel.hubReached();
  expect(channel.status.state).toBe('online');
  expect(hub.resumes).toHaveLength(1);
});

it('dials once each time, and waits as before where that fails', async () => {
  const { channel } = await build();
  channel.start();
  await until('nobody answers', () => channel.status.state === 'offline');
  channel.hubReached();
  expect(channel.status.state).toBe('connecting');
  channel.hubReached();
  await until('nobody answers again', () => channel.status.state === 'offline');
});

it('leaves a hub alone that says how long to stay away', async () => {
  const { channel, hub, start } = await build();
  await start();
  channel.start();
  await until('the link', () => channel.status.state === 'online');
  hub.closing({ code: 'not_ready', reconnect: 'backoff', retryAfterMs: 60_000 });
  await until('the hub is away', () => channel.status.state === 'offline');
  channel.hubReached();
  expect(channel.status).toMatchObject({ state: 'offline', code: 'not_ready' });
});

it('leaves a hub alone that is too busy', async () => {
  const { channel, hub, start } = await build();
  hub.refuseSockets = 'overloaded';
  await start();
  channel.start();
  await until('it is refused', () => channel.status.state === 'offline');
  channel.hubReached();
  expect(channel.status).toMatchObject({ state: 'offline', code: 'overloaded' });
});
