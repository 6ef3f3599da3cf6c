import { get } from 'node:http';
import { pino } from 'pino';
import { type Socket, io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SessionView, TokenCreated } from '#protocol/http/accounts.ts';
import { HubCa } from '#protocol/http/device-logins.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { ApiClient } from '../harness/api-client.ts';
import { freePorts } from '../harness/free-ports.ts';
import { haproxyProgram, startHaproxy } from '../harness/haproxy.ts';
import { HubProgram, type HubProgramOptions } from '../harness/hub-program.ts';

const PROXIED = ['--trusted-proxies', 'loopback'];
const STRICT_LIMITS = {
  rateLimits: {
    ...{ failures: 3, signIn: 100, signUp: 100, claim: 100, deviceLogin: 100, open: 10_000 },
  },
};

async function startHub(options: Pick<HubProgramOptions, 'args' | 'bounds'> = {}) {
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  const hub = new HubProgram({
    ...{ data: temporaryFolder(atTestEnd), httpsPort, httpPort, signUp: 'open' as const },
    log: pino({ level: 'silent' }),
    ...options,
  });
  await hub.start();
  atTestEnd.add(() => hub.stop());
  return { hub, httpPort };
}

/** Signed up through the proxy; a token for programs. */
async function tokenThrough(url: string, hub: HubProgram): Promise<string> {
  const api = new ApiClient({ url, cleanup: atTestEnd });
  const password = 'a lamp in the window';
  const account = { email: 'ada@example.org', name: 'Ada', password, setupCode: hub.setupCode };
  await api.post(SessionView, '/api/sign-up', account);
  const created = await api.post(TokenCreated, '/api/account/tokens', {
    name: 'bot',
    scope: 'read',
  });
  return created.secret;
}

function stockSocket(url: string, token: string): Socket {
  const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token } });
  atTestEnd.add(() => void socket.disconnect());
  return socket;
}

/** A wrong proof from this address, that calls itself another one. */
async function statusFrom(localAddress: string, url: string, said: string): Promise<number> {
  const headers = {
    authorization: 'Bearer sbx_made-up',
    'x-forwarded-for': said,
    forwarded: `for=${said}`,
  };
  return await new Promise((resolve, reject) => {
    const request = get(`${url}/api/sites`, { localAddress, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.once('error', reject);
  });
}

describe.skipIf(haproxyProgram() === undefined)('hubs behind the documented HAProxy', () => {
  it('serve pages, sign-in and sockets through it', async () => {
    const { hub, httpPort } = await startHub({ args: PROXIED });
    const url = await startHaproxy([httpPort], atTestEnd);
    const token = await tokenThrough(url, hub);
    const socket = stockSocket(url, token);
    await until('connected', () => (socket.connected ? true : undefined));
  });

  it('know the client that it names, and not what a client writes', async () => {
    const args = ['--trusted-proxies', '127.0.0.1'];
    const { httpPort } = await startHub({ args, bounds: STRICT_LIMITS });
    const url = await startHaproxy([httpPort], atTestEnd);
    const statuses: number[] = [];
    // Another client in each request, if the hub believed it.
    for (let index = 0; index < 5; index += 1) {
      statuses.push(await statusFrom('127.0.0.2', url, `203.0.113.${index}`));
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(await statusFrom('127.0.0.3', url, '203.0.113.1')).toBe(401);
    expect(await statusFrom('127.0.0.3', url, '127.0.0.2')).toBe(401);
  });

  it('let a hub that stops finish, and send whoever comes new to another', async () => {
    const first = await startHub({ args: [...PROXIED, '--drain-wait', '4'] });
    const second = await startHub({ args: PROXIED });
    const url = await startHaproxy([first.httpPort, second.httpPort], atTestEnd);
    const fingerprint = async (at: string): Promise<string> =>
      HubCa.parse(await (await fetch(`${at}/api/ca`)).json()).fingerprint;
    const own = await fingerprint(second.hub.httpUrl);
    const token = await tokenThrough(first.hub.httpUrl, first.hub);
    const socket = stockSocket(first.hub.httpUrl, token);
    await until('connected', () => (socket.connected ? true : undefined));
    const stopNow = new AbortController();
    const draining = first.hub.drain(stopNow.signal);
    let failures = 0;
    await until('everybody comes to the other hub', async () => {
      const answers = await Promise.all([1, 2, 3, 4].map(() => fingerprint(url).catch(() => '')));
      failures += answers.filter((answer) => answer === '').length;
      return answers.every((answer) => answer === own) ? true : undefined;
    });
    // Long before the hub closes anything.
    expect([failures, socket.connected]).toEqual([0, true]);
    stopNow.abort();
    await draining;
    await until('closed', () => (socket.connected ? undefined : true));
    expect(z.boolean().parse(socket.active)).toBe(true);
    await first.hub.stop();
    expect(await fingerprint(url)).toBe(own);
  });
});
