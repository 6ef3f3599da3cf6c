import { describe, expect, it, onTestFinished } from 'vitest';
import { connected, openSocket, pairBase } from '../../testing/fake-base.ts';
import { signUpOwner, startTestHub } from '../../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';

describe('a connection', () => {
  it('ends when its socket leaves, though the client would keep it', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const socket = openSocket(hub, {}, { cookie: owner.client.cookie ?? '' });
    onTestFinished(() => void socket.disconnect());
    expect(await connected(socket)).toBeUndefined();
    const { engine } = socket.io;
    let ended = false;
    engine.on('close', () => (ended = true));
    // The packet "41": leave the namespace, and nothing more.
    engine.write('1');
    await until('the connection ends', () => (ended ? true : undefined));
  });

  it('is always refused in the same way, and finally told to wait', async () => {
    const hub = await startTestHub({ rateLimits: { failures: 3 } });
    const owner = await signUpOwner(hub);
    const attempt = async (auth: object, headers = {}) => {
      const socket = openSocket(hub, auth, headers);
      onTestFinished(() => void socket.disconnect());
      return await connected(socket);
    };
    for (let index = 0; index < 3; index += 1) {
      expect(await attempt({ token: 'sbx_made-up' })).toBe('token_invalid');
    }
    expect(await attempt({ token: 'sbx_made-up' })).toBe('rate_limited');
    // Whoever has the right is not kept out by others at the same address.
    expect(await attempt({}, { cookie: owner.client.cookie ?? '' })).toBeUndefined();
  });

  it('of a base has to wait while many others are on their way in', async () => {
    const hub = await startTestHub({ admission: { perOwner: 3, joiningBases: 1 } });
    const owner = await signUpOwner(hub);
    const [first, second] = [await pairBase(hub, owner), await pairBase(hub, owner)];
    onTestFinished(() => {
      for (const base of [first, second]) base.disconnect();
    });
    expect(await first.connect()).toBeUndefined();
    expect(await second.connect()).toBe('overloaded');
    await first.join();
    expect(await second.connect()).toBeUndefined();
    // Not only a base that joins makes room, but also one that goes away.
    second.disconnect();
    const third = await pairBase(hub, owner);
    onTestFinished(() => third.disconnect());
    await until('there is room again', async () =>
      (await third.connect()) === undefined ? true : undefined,
    );
  });

  it('is one of a few of the same owner', async () => {
    const hub = await startTestHub({ admission: { perOwner: 2, joiningBases: 9 } });
    const owner = await signUpOwner(hub);
    const attempt = async () => {
      const socket = openSocket(hub, {}, { cookie: owner.client.cookie ?? '' });
      onTestFinished(() => void socket.disconnect());
      return await connected(socket);
    };
    expect([await attempt(), await attempt(), await attempt()]).toEqual([
      undefined,
      undefined,
      'rate_limited',
    ]);
  });
});
