import { describe, expect, it, onTestFinished } from 'vitest';
import { connected, openSocket } from '../testing/fake-base.ts';
import { signUpOwner, startTestHub } from '../testing/test-hub.ts';
import { until } from '../testing/until.ts';

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

  it('is refused in ever the same way, and after many times told to wait', async () => {
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
});
