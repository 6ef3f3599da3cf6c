import { z } from 'zod';
import { SiteEvent } from '#protocol/events/site-event.ts';
import { StreamNotRecovered, StreamOpened } from '#protocol/http/event-stream.ts';
import { ReadingsBatch } from '#protocol/http/readings.ts';
import { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import { ChannelLeft, Closing, JoinReply, JoinRequest } from '#protocol/hub-link/socket-events.ts';
import { ErrorCodeSchema } from '#protocol/errors.ts';

/** `closed`: the last message, where the hub can still send one. */
const StreamClosed = z.object({ code: ErrorCodeSchema });

/** What both streams of a site say of themselves. */
const LINK = { opened: StreamOpened, 'not-recovered': StreamNotRecovered, closed: StreamClosed };
const EVENTS = Object.fromEntries(SiteEvent.options.map((one) => [one.shape.type.value, one]));
const READINGS = { readings: ReadingsBatch };
const CHANNEL = { 'site.delta': SiteDelta, 'channel.left': ChannelLeft, closing: Closing };
const MESSAGES: Readonly<Record<string, z.ZodType>> = {
  ...{ ...LINK, ...EVENTS, ...READINGS, ...CHANNEL },
  ...{ 'channel.join': JoinRequest, 'channel.joined': JoinReply },
};

const siteId = { siteId: { description: 'Id of the site' } };

/** What a hub sends live, as AsyncAPI 3: made of the schemas that everything is parsed with. */
export function asyncDocument(version: string): Readonly<Record<string, unknown>> {
  const streams = { servers: [{ $ref: '#/servers/streams' }], parameters: siteId };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Signalbox hub, live',
      version,
      description:
        'Streams are server-sent events: `Last-Event-ID` resumes after a message. The channel is Socket.IO 4 over WebSocket: join with a token of `POST /api/channels/authorize`.',
    },
    defaultContentType: 'application/json',
    servers: {
      streams: { host: 'hub.example:8443', protocol: 'https' },
      channels: { host: 'hub.example:8443', pathname: '/socket.io/', protocol: 'wss' },
    },
    channels: {
      events: {
        ...{ address: '/api/sites/{siteId}/events', title: 'Events of a site', ...streams },
        messages: messageRefs({ ...LINK, ...EVENTS }),
      },
      readings: {
        ...{ address: '/api/sites/{siteId}/readings', title: 'Readings of a site', ...streams },
        messages: messageRefs({ ...LINK, ...READINGS }),
      },
      site: {
        ...{ address: 'private-site.{siteId}', title: 'Changes of a site', parameters: siteId },
        servers: [{ $ref: '#/servers/channels' }],
        messages: messageRefs({ ...CHANNEL, 'channel.join': 0, 'channel.joined': 0 }),
      },
    },
    operations: {
      sendEvents: sends('events', { ...LINK, ...EVENTS }),
      sendReadings: sends('readings', { ...LINK, ...READINGS }),
      sendChanges: sends('site', CHANNEL),
      acceptJoin: {
        action: 'receive',
        channel: { $ref: '#/channels/site' },
        messages: [{ $ref: '#/channels/site/messages/channel.join' }],
        reply: {
          channel: { $ref: '#/channels/site' },
          messages: [{ $ref: '#/channels/site/messages/channel.joined' }],
        },
      },
    },
    components: components(),
  };
}

const Definitions = z.record(z.string(), z.unknown()).default({});

/** A part that refers to itself, as any JSON does, is a schema beside the message. */
function components() {
  const messages: Record<string, unknown> = {};
  const schemas: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(MESSAGES)) {
    const { definitions, ...payload } = jsonSchemaOf(schema);
    for (const [key, part] of Object.entries(Definitions.parse(definitions))) {
      schemas[`${name}.${key}`] = rooted(part, name);
    }
    messages[name] = { name, payload: rooted(payload, name) };
  }
  return { messages, schemas };
}

function rooted(schema: unknown, name: string): unknown {
  const text = JSON.stringify(schema);
  return JSON.parse(text.replaceAll('"#/definitions/', `"#/components/schemas/${name}.`));
}

/** Draft 7 is what AsyncAPI's own form of schemas extends. */
function jsonSchemaOf(schema: z.ZodType) {
  const io = schema === JoinRequest ? 'input' : 'output';
  const made = z.toJSONSchema(schema, { target: 'draft-7', unrepresentable: 'any', io });
  delete made.$schema;
  return made;
}

function messageRefs(messages: object): Record<string, unknown> {
  const names = Object.keys(messages);
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function sends(channel: string, messages: object): Record<string, unknown> {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channel}` },
    messages: Object.keys(messages).map((name) => ({
      $ref: `#/channels/${channel}/messages/${name}`,
    })),
  };
}
