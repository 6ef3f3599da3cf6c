import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ErrorCode } from '#protocol/errors.ts';
import { toProblem } from '#protocol/http/problem.ts';
import { asAppError, createHttpClient } from './http-client.ts';
import { parseRetryAfter } from './retry-after.ts';

const Answer = z.object({ name: z.string() });

function clientAnswering(answer: () => Promise<Response>) {
  const signedOut: ErrorCode[] = [];
  const seen: { url: string; init: RequestInit | undefined }[] = [];
  const client = createHttpClient({
    fetch: (url, init) => {
      seen.push({ url: url, init });
      return answer();
    },
    onSignedOut: (code) => signedOut.push(code),
  });
  return { client, signedOut, seen };
}

const problem = (code: ErrorCode, details?: Record<string, unknown>) => {
  const body = toProblem(code, details ? { details } : {});
  return Promise.resolve(Response.json(body, { status: body.status }));
};

describe('the HTTP client', () => {
  it('answers with the parsed body', async () => {
    const { client } = clientAnswering(() => Promise.resolve(Response.json({ name: 'Home' })));
    await expect(client.json(Answer, { path: '/api/x' })).resolves.toEqual({ name: 'Home' });
  });

  it('sends a body as JSON and a query without its empty members', async () => {
    const { client, seen } = clientAnswering(() =>
      Promise.resolve(new Response(null, { status: 204 })),
    );
    await client.send({
      method: 'POST',
      path: '/api/x',
      query: { limit: 5, before: undefined },
      body: { a: 1 },
    });
    expect(seen[0]?.url).toBe('/api/x?limit=5');
    expect(seen[0]?.init).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    });
  });

  it('reads code and details from problem details', async () => {
    const { client } = clientAnswering(() => problem('unit_address_taken', { unit: 'Lamp' }));
    await expect(client.json(Answer, { path: '/api/x' })).rejects.toMatchObject({
      code: 'unit_address_taken',
      details: { unit: 'Lamp' },
    });
  });

  it.each([
    ['7', 7_000],
    ['100000', 120_000],
    ['soon', undefined],
  ])('hands a Retry-After of %s on', async (header, retryAfterMs) => {
    const headers = { 'retry-after': header };
    const body = toProblem('overloaded');
    const { client } = clientAnswering(() =>
      Promise.resolve(Response.json(body, { status: 503, headers })),
    );
    const error: unknown = await client.send({ path: '/api/x' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'overloaded' });
    expect(asAppError(error).details['retryAfterMs']).toBe(retryAfterMs);
  });

  it('reads a Retry-After that is a date', () => {
    const nowMs = Date.UTC(2026, 0, 1);
    expect(parseRetryAfter(new Date(nowMs + 4_000).toUTCString(), nowMs)).toBe(4_000);
    expect(parseRetryAfter(new Date(nowMs - 4_000).toUTCString(), nowMs)).toBe(0);
    expect(parseRetryAfter(null, nowMs)).toBeUndefined();
  });

  it('notifies when the session has ended', async () => {
    const { client, signedOut } = clientAnswering(() => problem('session_expired'));
    await expect(client.send({ path: '/api/x' })).rejects.toMatchObject({
      code: 'session_expired',
    });
    expect(signedOut).toEqual(['session_expired']);
  });

  it('does not mistake a wrong password for the end of the session', async () => {
    const { client, signedOut } = clientAnswering(() => problem('credentials_invalid'));
    await expect(client.send({ path: '/api/x' })).rejects.toMatchObject({
      code: 'credentials_invalid',
    });
    expect(signedOut).toEqual([]);
  });

  it.each([
    ['a portal’s page', new Response('<html>', { status: 401 })],
    ['JSON of something else', Response.json({ code: 'unauthenticated' }, { status: 401 })],
    ['a status alone', new Response(null, { status: 401 })],
  ])('does not mistake %s for the end of the session', async (_what, answer) => {
    const { client, signedOut } = clientAnswering(() => Promise.resolve(answer));
    await expect(client.send({ path: '/api/x' })).rejects.toMatchObject({
      code: 'hub_unreachable',
    });
    expect(signedOut).toEqual([]);
  });

  it.each([
    [404, 'not_found'],
    [429, 'rate_limited'],
    [502, 'hub_unreachable'],
    [503, 'not_ready'],
    [418, 'internal'],
  ] as const)('makes status %i of a proxy in between %s', async (status, code) => {
    const { client } = clientAnswering(() => Promise.resolve(new Response('<html>', { status })));
    await expect(client.send({ path: '/api/x' })).rejects.toMatchObject({ code });
  });

  it('makes a failed connection hub_unreachable', async () => {
    const { client } = clientAnswering(() => Promise.reject(new TypeError('fetch failed')));
    await expect(client.send({ path: '/api/x' })).rejects.toMatchObject({
      code: 'hub_unreachable',
    });
  });

  it('refuses an answer that does not fit its schema', async () => {
    const { client } = clientAnswering(() => Promise.resolve(Response.json({ name: 7 })));
    await expect(client.json(Answer, { path: '/api/x' })).rejects.toMatchObject({
      code: 'internal',
      details: { answer: 'unexpected' },
    });
  });

  it('refuses an answer that is not JSON', async () => {
    const { client } = clientAnswering(() => Promise.resolve(new Response('<html>')));
    await expect(client.json(Answer, { path: '/api/x' })).rejects.toMatchObject({
      code: 'internal',
      details: { answer: 'not JSON' },
    });
  });
});
