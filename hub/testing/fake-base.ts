import type { SiteCursor } from '#protocol/site-cursor.ts';
import { type KeyObject, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Socket, io } from 'socket.io-client';
import { z } from 'zod';
import { BaseClaimed, ClaimCodeCreated } from '#protocol/http/bases.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import {
  type BaseEventBatch,
  type BaseEventBody,
  BatchReceipt,
} from '#protocol/hub-link/base-events.ts';
import {
  LogEntry,
  ResumeReply,
  type ResumeRequest,
  type SnapshotPlace,
} from '#protocol/hub-link/base-log.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { Closing, JoinReply } from '#protocol/hub-link/socket-events.ts';
import { ASSERTION_AUDIENCE } from '#protocol/hub-link/tokens.ts';
import { type BaseId, Epoch, EventId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { signWebhook } from '#protocol/webhook/standard-webhooks.ts';
import { type Answer, HubClient } from './hub-client.ts';
import type { Owner, TestHub } from './test-hub.ts';
import { until } from '#platform/testing/until.ts';

export interface AssertionClaimsChange {
  readonly iat?: number;
  readonly exp?: number;
  readonly aud?: string;
  readonly sub?: string;
  readonly jti?: string;
  readonly key?: KeyObject;
}

/** A base with the real protocol and a real key, controlled by the test. */
export class FakeBase {
  readonly id: BaseId;
  readonly entries: LogEntry[] = [];
  readonly closings: Closing[] = [];
  readonly heartbeats: unknown[] = [];
  /** Its answer to log entries; undefined: none. */
  acknowledge: (entry: LogEntry) => object | undefined = () => ({ ok: true });
  readonly outboxEpoch = newId(Epoch);
  /** Fields of its resume requests besides the position. */
  resumeMore: Partial<ResumeRequest> = {};
  /** Fields of its batches besides the events. */
  batchMore: Partial<BaseEventBatch['data']> = {};
  readonly #hub: TestHub;
  readonly #key: KeyObject;
  #socket: Socket | undefined;
  #nextSeq = 1;

  constructor(hub: TestHub, paired: { readonly id: BaseId; readonly key: KeyObject }) {
    this.#hub = hub;
    this.id = paired.id;
    this.#key = paired.key;
  }

  get channel(): string {
    return channelName({ kind: 'base', baseId: this.id });
  }

  get socket(): Socket {
    if (!this.#socket) throw new Error('not connected');
    return this.#socket;
  }

  async assertion(change: AssertionClaimsChange = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return await new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(change.sub ?? this.id)
      .setSubject(change.sub ?? this.id)
      .setAudience(change.aud ?? ASSERTION_AUDIENCE)
      .setIssuedAt(change.iat ?? now)
      .setExpirationTime(change.exp ?? now + 60)
      .setJti(change.jti ?? randomUUID())
      .sign(change.key ?? this.#key);
  }

  /** The same base, towards another run of the hub. */
  at(hub: TestHub): FakeBase {
    return new FakeBase(hub, { id: this.id, key: this.#key });
  }

  /** Connects; resolves with undefined, or the code of the refusal. */
  async connect(assertion?: string): Promise<string | undefined> {
    const socket = openSocket(this.#hub, { assertion: assertion ?? (await this.assertion()) });
    this.#socket = socket;
    socket.on('closing', (closing) => this.closings.push(Closing.parse(closing)));
    socket.on('heartbeat', (beat) => this.heartbeats.push(beat));
    socket.on('log.entry', (raw: unknown, answer: (reply: object) => void) => {
      const entry = LogEntry.parse(raw);
      this.entries.push(entry);
      const reply = this.acknowledge(entry);
      if (reply) answer(reply);
    });
    return await connected(socket);
  }

  async authorize(channel = this.channel): Promise<Answer> {
    const client = new HubClient(this.#hub.addresses.http, { bearer: await this.assertion() });
    return await client.call({
      path: '/api/channels/authorize',
      body: { socketId: this.socket.id, channel },
    });
  }

  async join(): Promise<JoinReply> {
    const { token } = ChannelAuthorization.parse((await this.authorize()).body);
    return await joinChannel(this.socket, { channel: this.channel, token });
  }

  async resume(
    epoch: string | null = null,
    lastSeq = 0,
    next?: SnapshotPlace,
  ): Promise<ResumeReply> {
    const reply: unknown = await this.socket.timeout(5_000).emitWithAck('base.resume', {
      version: 1,
      epoch,
      lastSeq,
      ...(next ? { next } : {}),
      ...this.resumeMore,
    });
    return ResumeReply.parse(reply);
  }

  /** Connected, joined and live. */
  async goOnline(): Promise<ResumeReply> {
    const refused = await this.connect();
    if (refused !== undefined) throw new Error(`refused: ${refused}`);
    const joined = await this.join();
    if (!joined.ok) throw new Error(`not joined: ${joined.code}`);
    return await this.resume();
  }

  disconnect(): void {
    this.#socket?.disconnect();
  }

  nextEntry(fits: (entry: LogEntry) => boolean = () => true): Promise<LogEntry> {
    return until('a log entry', () => this.entries.find(fits));
  }

  /** Numbers the events and posts them, signed. */
  async send(...events: readonly BaseEventBody[]): Promise<BatchReceipt> {
    const answer = await this.post(this.batch(events));
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return BatchReceipt.parse(answer.body);
  }

  batch(
    events: readonly { readonly type: string; readonly data: unknown; readonly seq?: number }[],
    clockOffsetMs: number | null = 0,
  ): string {
    return JSON.stringify({
      type: 'base.events',
      timestamp: toInstant(Date.now()),
      data: {
        epoch: this.outboxEpoch,
        ...this.batchMore,
        clockOffsetMs,
        events: events.map((event) => ({
          id: newId(EventId),
          ...event,
          seq: event.seq ?? this.#nextSeq++,
        })),
      },
    });
  }

  async post(
    body: string,
    change: { readonly headers?: Record<string, string>; readonly timestampSeconds?: number } = {},
  ): Promise<Answer> {
    const headers = signWebhook(
      {
        id: randomUUID(),
        timestampSeconds: change.timestampSeconds ?? Math.floor(Date.now() / 1000),
        body: new TextEncoder().encode(body),
      },
      [{ version: 'v1a', sign: (content) => sign(null, content, this.#key) }],
    );
    return await new HubClient(this.#hub.addresses.http).call({
      path: `/api/webhooks/bases/${this.id}`,
      raw: body,
      headers: { ...headers, ...change.headers },
    });
  }
}

/** Makes a claim code as the owner and claims it with a fresh key. */
export async function pairBase(hub: TestHub, owner: Owner): Promise<FakeBase> {
  const { code } = await owner.client.request(ClaimCodeCreated, {
    path: `/api/sites/${owner.siteId}/claim-codes`,
    body: { baseName: 'Attic' },
  });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const claimed = await hub.client().request(BaseClaimed, {
    path: '/api/bases/claim',
    body: {
      secret: parseClaimCode(code)?.secret,
      publicKey: publicKey.export({ format: 'jwk' }).x,
      version: '0.1.0',
    },
  });
  return new FakeBase(hub, { id: claimed.baseId, key: privateKey });
}

export function openSocket(
  hub: TestHub,
  auth: object,
  headers: Readonly<Record<string, string>> = {},
): Socket {
  return io(hub.addresses.http, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth,
    extraHeaders: { ...headers },
  });
}

const CloseFrame = z.object({ context: z.object({ reason: z.string().min(1) }) });

/** Undefined once it is connected, or the code of the refusal. */
export function connected(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(undefined));
    socket.once('connect_error', (error: Error & { data?: { code?: string } }) => {
      resolve(error.data?.code ?? error.message);
    });
    // A refusal that may pass is the end of the connection, with the code in its close frame.
    socket.io.once('close', (reason, details) => {
      if (reason !== 'forced close')
        resolve(CloseFrame.safeParse(details).data?.context.reason ?? reason);
    });
  });
}

export async function joinChannel(
  socket: Socket,
  request: { readonly channel: string; readonly token: string; readonly after?: SiteCursor },
): Promise<JoinReply> {
  const reply: unknown = await socket.timeout(5_000).emitWithAck('channel.join', request);
  return JoinReply.parse(reply);
}
