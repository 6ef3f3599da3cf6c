import { describe, expect, it, onTestFinished } from 'vitest';
import { DeviceLoginStarted } from '#protocol/http/device-logins.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { connected, openSocket, pairBase } from '../testing/fake-base.ts';
import type { HubClient } from '../testing/hub-client.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import { PASSWORD, signUpOwner, startTestHub } from '../testing/test-hub.ts';
import { testEngines } from '../testing/test-store.ts';

async function arrange() {
  const database = await temporaryDatabase(onTestFinished);
  const [one, two] = [await startTestHub({ database }), await startTestHub({ database })];
  return { one, two, owner: await signUpOwner(one) };
}

const signIn = (password: string, email = 'ada@example.org') => ({
  path: '/api/sign-in',
  body: { email, password },
});

/** At one hub and the other in turn. */
function inTurn(clients: readonly HubClient[]) {
  let turn = 0;
  return (): HubClient => {
    turn += 1;
    const client = clients[turn % clients.length];
    if (!client) throw new Error('no client');
    return client;
  };
}

describe.runIf(testEngines().includes('postgres'))('two hubs on one database', () => {
  it.each(['ada@example.org', 'nobody@example.org'])(
    'bound the guesses at the password of %s together',
    async (email) => {
      const { one, two } = await arrange();
      const next = inTurn([one.client(), two.client()]);
      const tries = Array.from({ length: 24 }, () => next().refused(signIn('wrong guess', email)));
      const codes = await Promise.all(tries);
      expect(codes.filter((code) => code === 'credentials_invalid')).toHaveLength(20);
      expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(4);
      expect(await two.client().refused(signIn(PASSWORD, email))).toBe('rate_limited');
    },
  );

  it('reset the guesses together when the password was right', async () => {
    const { one, two } = await arrange();
    const next = inTurn([one.client(), two.client()]);
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 19; index += 1) {
        expect(await next().refused(signIn('wrong guess'))).toBe('credentials_invalid');
      }
      // Each hub learns for itself from where its people sign in.
      const unknownPlace = round === 0 ? one : two;
      expect((await unknownPlace.client().call(signIn(PASSWORD))).status).toBe(200);
    }
  });

  it('bound the passwords of one who is signed in together', async () => {
    const { one, two, owner } = await arrange();
    const next = inTurn([owner.client.at(one.addresses.http), owner.client.at(two.addresses.http)]);
    const call = { path: '/api/account/reauthentication', body: { password: 'wrong guess' } };
    for (let index = 0; index < 20; index += 1) {
      expect(await next().refused(call)).toBe('credentials_invalid');
    }
    for (let index = 0; index < 2; index += 1)
      expect(await next().refused(call)).toBe('rate_limited');
  });

  it('bound the codes of programs that a person tries together', async () => {
    const { one, two, owner } = await arrange();
    const next = inTurn([owner.client.at(one.addresses.http), owner.client.at(two.addresses.http)]);
    const call = { path: '/api/account/device-logins/find', body: { userCode: 'BBBB-BBBB' } };
    for (let index = 0; index < 20; index += 1) {
      expect(await next().refused(call)).toBe('login_code_invalid');
    }
    for (let index = 0; index < 2; index += 1)
      expect(await next().refused(call)).toBe('rate_limited');
  });

  it('give the token of an approved login once, whichever is asked', async () => {
    const { one, two, owner } = await arrange();
    const login = await one.client().request(DeviceLoginStarted, {
      path: '/api/device-logins',
      body: { host: 'ada-laptop', program: 'signalbox', scope: 'control' },
    });
    await owner.client.at(two.addresses.http).done({
      path: '/api/account/device-logins/approve',
      body: { userCode: login.userCode, scope: 'control' },
    });
    const poll = { path: '/api/device-logins/token', body: { deviceCode: login.deviceCode } };
    const answers = await Promise.all([one, two].map((hub) => hub.client().call(poll)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  it('accept an assertion of a base once, for HTTP and for a socket', async () => {
    const { one, two, owner } = await arrange();
    const base = await pairBase(one, owner);
    await base.connect();
    onTestFinished(() => base.disconnect());
    const call = {
      path: '/api/channels/authorize',
      body: { socketId: base.socket.id, channel: base.channel },
    };
    const bearer = await base.assertion();
    ChannelAuthorization.parse((await one.client({ bearer }).call(call)).body);
    expect(await two.client({ bearer }).refused(call)).toBe('assertion_invalid');
    const assertion = await base.assertion();
    const sockets = [one, two].map((hub) => openSocket(hub, { assertion }));
    for (const socket of sockets) onTestFinished(() => void socket.disconnect());
    const refusals = await Promise.all(sockets.map((socket) => connected(socket)));
    expect(refusals.filter((code) => code === undefined)).toHaveLength(1);
    expect(refusals).toContain('assertion_invalid');
  });
});

it('an assertion that was used is refused after a restart of the hub, too', async () => {
  const hub = await startTestHub();
  const owner = await signUpOwner(hub);
  const base = await pairBase(hub, owner);
  const bearer = await base.assertion();
  const call = { path: '/api/firmware/none/image' };
  const first = await hub.client({ bearer }).call(call);
  expect(first.body).not.toMatchObject({ code: 'assertion_invalid' });
  await hub.close();
  const again = await startTestHub({ config: { dataFolder: hub.dataFolder } });
  expect(await again.client({ bearer }).refused(call)).toBe('assertion_invalid');
});
