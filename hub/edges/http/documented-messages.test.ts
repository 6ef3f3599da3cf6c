import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { until } from '#platform/testing/until.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { connected, joinChannel, openSocket } from '../../testing/fake-base.ts';
import { addUnit, finished, issue, type LampSite, startLampSite } from '../../testing/lamp-site.ts';

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];
const Reference = z.object({ $ref: z.string() });
const Document = z.looseObject({
  asyncapi: z.literal('3.0.0'),
  channels: z.record(z.string(), z.looseObject({ messages: z.record(z.string(), Reference) })),
  operations: z.record(z.string(), z.looseObject({ messages: z.array(Reference) })),
  components: z.looseObject({
    messages: z.record(z.string(), z.object({ name: z.string(), payload: z.custom<JsonSchema>() })),
  }),
});

async function documentOf(site: LampSite) {
  return await site.hub.client().request(Document, { path: '/api/asyncapi.json' });
}

/** What the description says of a message; what is any JSON is so here too. */
function describedBy({ components }: z.infer<typeof Document>, name: string): z.ZodType {
  const message = components.messages[name];
  if (message === undefined) throw new Error(`${name} is not described`);
  const { payload } = message;
  const text = JSON.stringify(payload, (key, value: unknown) =>
    Reference.safeParse(value).success && key !== '' ? {} : value,
  );
  const plain = z.custom<JsonSchema>().parse(JSON.parse(text));
  return z.fromJSONSchema(plain, { defaultTarget: 'draft-7' });
}

/** The messages of a stream, by name. */
async function stream(site: LampSite, path: string) {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const answer = await fetch(`${site.hub.addresses.http}/api/sites/${site.owner.siteId}/${path}`, {
    headers: { accept: 'text/event-stream', cookie: site.owner.client.cookie ?? '' },
    signal: leaving.signal,
  });
  const read = { text: '' };
  const decoder = new TextDecoder();
  void (async () => {
    for await (const chunk of answer.body ?? []) read.text += decoder.decode(chunk);
  })().catch(() => undefined);
  return () =>
    [...read.text.matchAll(/event: (.*)\ndata: (.*)\n\n/g)].map(
      ([, name = '', data = '']): [string, unknown] => [name, JSON.parse(data)],
    );
}

it('refers only to what it describes', async () => {
  const document = await documentOf(await startLampSite({ online: false }));
  const text = JSON.stringify(document);
  const missing = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].filter(([, pointer = '']) => {
    const steps = pointer.split('/');
    let at: unknown = document;
    for (const step of steps) {
      at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
    }
    return at === undefined;
  });
  expect(missing.map(([reference]) => reference)).toEqual([]);
});

it('describes each message that travels', async () => {
  const site = await startLampSite();
  const { owner, hub, base, unitId } = site;
  const document = await documentOf(site);
  const events = await stream(site, 'events?after=0');
  const readings = await stream(site, 'readings?after=0');
  const lost = await stream(site, 'events?after=100000');
  const socket = openSocket(hub, {}, { cookie: owner.client.cookie ?? '' });
  onTestFinished(() => void socket.disconnect());
  expect(await connected(socket)).toBeUndefined();
  const received: [string, unknown][] = [];
  socket.onAny((name: string, body: unknown) => received.push([name, body]));
  const channel = channelName({ kind: 'site', siteId: owner.siteId });
  const { token } = await owner.client.request(ChannelAuthorization, {
    path: '/api/channels/authorize',
    body: { socketId: socket.id, channel },
  });
  received.push(['channel.joined', await joinChannel(socket, { channel, token })]);

  const command = await issue(site, { verb: 'set', affordance: 'brightness', input: 7 });
  const measured = { bootId: '0000002a', seq: 1, measuredAtMs: 1_000, receivedAtMs: 1_001 };
  const reading = { property: 'brightness', value: 7, ...measured, clock: 'synced' as const };
  const { bootId, ...rest } = reading;
  await base.send(
    finished(command.id, { output: 7 }),
    { type: 'unit.event', data: { unitId, event: 'pressed', ...measured } },
    { type: 'readings.recorded', data: { unitId, bootId, readings: [rest] } },
  );
  const other = await addUnit(site, '192.0.2.60');
  await owner.client.done({ method: 'DELETE', path: `/api/units/${other.id}` });
  await owner.client.done({
    method: 'PATCH',
    path: `/api/bases/${base.id}`,
    body: { name: 'Attic' },
  });
  await until('the last event', () => events().some(([name]) => name === 'base.changed'));
  await until('the readings', () => readings().some(([name]) => name === 'readings'));
  await until('the reason', () => lost().length > 0);
  await until('the deltas', () => received.some(([name]) => name === 'site.delta'));

  const all = [...events(), ...readings(), ...lost(), ...received];
  const wrong = all.flatMap(([name, body]) => {
    const checked = describedBy(document, name).safeParse(body);
    return checked.success ? [] : [`${name}: ${z.prettifyError(checked.error)}`];
  });
  expect(wrong).toEqual([]);
  expect([...new Set(all.map(([name]) => name))]).toEqual(
    expect.arrayContaining([
      ...['opened', 'not-recovered', 'unit.added', 'unit.removed', 'unit.event', 'command.issued'],
      ...['command.ended', 'base.changed', 'readings', 'channel.joined', 'site.delta'],
    ]),
  );
});
