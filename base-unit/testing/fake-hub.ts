import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { errors, jwtVerify } from 'jose';
import { Server, type Socket } from 'socket.io';
import type { ErrorCode } from '#protocol/errors.ts';
import { PROBLEM_MEDIA_TYPE, toProblem } from '#protocol/http/problem.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import {
  type BaseEvent,
  BaseEventBatch,
  BaseEventBody,
  type CommandFinished,
  type ReadingsRecorded,
  type UnitDescribed,
  type UnitPresenceChanged,
  type UnitsDeclared,
} from '#protocol/hub-link/base-events.ts';
import {
  type LogEntryBody,
  ResumeRequest,
  type UnitAssignment,
} from '#protocol/hub-link/base-log.ts';
import { caFingerprintOf, formatClaimCode } from '#protocol/hub-link/claim-code.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import {
  type ClientToHub,
  type Closing,
  type CommandProgress,
  type HubToClient,
} from '#protocol/hub-link/socket-events.ts';
import { ASSERTION_AUDIENCE } from '#protocol/hub-link/tokens.ts';
import { BaseClaim } from '#protocol/http/bases.ts';
import { ChannelAuthorizationRequest } from '#protocol/http/channels.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import { BaseId, Epoch, newId, SiteId, type UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { verifyWebhook } from '#protocol/webhook/standard-webhooks.ts';
import type { TestCertificates } from './test-certificates.ts';

export interface WebhookAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type BaseSocket = Socket<ClientToHub, HubToClient>;
type Stored = LogEntryBody & { readonly seq: number };

const SECRET = 'ABCDEFGHJKMN';

/** The hub's side of docs/channels.md, as far as a base meets it, with ways to misbehave. */
export class FakeHub {
  readonly baseId = newId(BaseId);
  readonly siteId = newId(SiteId);
  epoch: Epoch = newId(Epoch);
  /** The next entries are not sent, as if they were lost. */
  isMute = false;
  /** Answers instead of storing the batch. */
  onWebhook: ((batch: BaseEventBatch) => WebhookAnswer | undefined) | undefined;
  /** Refuses the claim with this code. */
  claimRefusal: ErrorCode | undefined;
  refuseSockets: ErrorCode | undefined;
  pending: IssuedCommand[] = [];
  units: UnitAssignment[] = [];
  readonly events: (BaseEvent & { readonly epoch: Epoch })[] = [];
  /** Of each batch, in the order of arrival. */
  readonly clockOffsetsMs: (number | null)[] = [];
  readonly resumes: ResumeRequest[] = [];
  readonly acknowledged: number[] = [];
  readonly progress: CommandProgress[] = [];
  readonly claims: BaseClaim[] = [];
  publicKey: KeyObject | undefined;
  timeShiftMs = 0;
  /** Its firmware file, under any id. */
  firmware: Uint8Array | undefined;
  #entries: Stored[] = [];
  #socket: BaseSocket | undefined;
  readonly #certificates: TestCertificates | undefined;
  readonly #server: ReturnType<typeof createHttp>;
  readonly #io: Server<ClientToHub, HubToClient>;
  #port = 0;

  constructor(certificates?: TestCertificates) {
    this.#certificates = certificates;
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    };
    this.#server = certificates
      ? createHttps({ cert: certificates.certificatePem, key: certificates.keyPem }, serve)
      : createHttp(serve);
    this.#io = new Server(this.#server, { transports: ['websocket'], serveClient: false });
    this.#io.on('connection', (socket) => {
      this.#talk(socket);
    });
    this.#io.use((socket, next) => {
      void this.#admit(socket.handshake.auth['assertion']).then((code) => {
        next(code === undefined ? undefined : Object.assign(new Error(code), { data: { code } }));
      });
    });
  }

  get url(): string {
    return `${this.#certificates ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  /** As a dashboard would show it. */
  get claimCode(): string {
    const digest = createHash('sha256')
      .update(this.#certificates?.caDer ?? '')
      .digest();
    return formatClaimCode({ secret: SECRET, caFingerprint: caFingerprintOf(digest) });
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  get results(): CommandFinished[] {
    return this.#bodies().flatMap((body) => (body.type === 'command.finished' ? [body.data] : []));
  }

  get presences(): UnitPresenceChanged[] {
    return this.#bodies().flatMap((body) => (body.type === 'unit.presence' ? [body.data] : []));
  }

  get readings(): ReadingsRecorded[] {
    return this.#bodies().flatMap((body) => (body.type === 'readings.recorded' ? [body.data] : []));
  }

  get described(): UnitDescribed[] {
    return this.#bodies().flatMap((body) => (body.type === 'unit.described' ? [body.data] : []));
  }

  get declared(): UnitsDeclared[] {
    return this.#bodies().flatMap((body) => (body.type === 'units.declared' ? [body.data] : []));
  }

  /** The newest presence of a unit. */
  stateOf(unitId: UnitId): string | undefined {
    return this.presences.findLast((presence) => presence.unitId === unitId)?.state;
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await this.#io.close();
  }

  /** Appends to the log, and pushes it to the base. */
  publish(body: LogEntryBody): void {
    const entry = { ...body, seq: (this.#entries.at(-1)?.seq ?? 0) + 1 };
    this.#entries.push(entry);
    if (!this.isMute) this.push(entry.seq);
  }

  issue(command: IssuedCommand): void {
    this.publish({ type: 'command.issued', data: command });
  }

  assign(units: UnitAssignment[]): void {
    const kept = new Set(units.map(({ unitId }) => unitId));
    const removed = this.units.map(({ unitId }) => unitId).filter((id) => !kept.has(id));
    this.units = units;
    this.publish({ type: 'units.assigned', data: { units, removed } });
  }

  /** Pushes an entry, also once more. */
  push(seq: number): void {
    const entry = this.#entries.find((one) => one.seq === seq);
    if (!entry) return;
    this.#socket?.emit('log.entry', { ...entry, epoch: this.epoch }, (reply) => {
      if (reply.ok) this.acknowledged.push(seq);
    });
  }

  heartbeat(): void {
    this.#socket?.emit('heartbeat', { epoch: this.epoch, headSeq: this.#headSeq });
  }

  closing(closing: Closing): void {
    this.#socket?.emit('closing', closing);
  }

  /** Any message, with or without an acknowledgement function. */
  emit(event: string, ...sent: unknown[]): void {
    const socket = this.#socket;
    const typed: unknown = socket && Reflect.get(socket, 'emit');
    if (typeof typed === 'function') Reflect.apply(typed, socket, [event, ...sent]);
  }

  cut(): void {
    this.#socket?.disconnect(true);
  }

  /** Another life of the log, as after a restored backup. */
  forgetLog(): void {
    this.epoch = newId(Epoch);
    this.#entries = [];
  }

  #bodies(): BaseEventBody[] {
    return this.events.map(({ type, data }) => BaseEventBody.parse({ type, data }));
  }

  get #headSeq(): number {
    return this.#entries.at(-1)?.seq ?? 0;
  }

  async #admit(assertion: unknown): Promise<ErrorCode | undefined> {
    if (this.refuseSockets) return this.refuseSockets;
    return this.#problemWith(String(assertion));
  }

  async #problemWith(assertion: string): Promise<ErrorCode | undefined> {
    if (!this.publicKey) return 'assertion_invalid';
    try {
      const { payload } = await jwtVerify(assertion, this.publicKey, {
        audience: ASSERTION_AUDIENCE,
        currentDate: new Date(Date.now() + this.timeShiftMs),
        clockTolerance: 3_600,
      });
      return payload.sub === this.baseId ? undefined : 'assertion_invalid';
    } catch (error) {
      return error instanceof errors.JWTExpired ? 'clock_skewed' : 'assertion_invalid';
    }
  }

  #talk(socket: BaseSocket): void {
    socket.on('channel.join', ({ channel, token }, ack) => {
      const isRight =
        token === `for ${socket.id}` &&
        channel === channelName({ kind: 'base', baseId: this.baseId });
      const grantExpiresAtMs = Date.now() + this.timeShiftMs + LIMITS.channelGrantTtlMs;
      ack(isRight ? { ok: true, channel, grantExpiresAtMs } : toRefusal('channel_token_invalid'));
    });
    socket.on('base.resume', (sent, ack) => {
      const request = ResumeRequest.parse(sent);
      this.resumes.push(request);
      this.#socket = socket;
      const { epoch } = this;
      const headSeq = this.#headSeq;
      if (request.epoch !== epoch || request.lastSeq > headSeq) {
        const reason = request.epoch === null ? 'first_contact' : 'epoch_changed';
        const { units, pending: commands } = this;
        const next = null;
        ack({ ok: true, recovered: false, reason, epoch, headSeq, units, commands, next });
        return;
      }
      const entries = this.#entries
        .filter(({ seq }) => seq > request.lastSeq)
        .slice(0, LIMITS.resumePageEntries)
        .map((entry) => ({ ...entry, epoch }));
      ack({ ok: true, recovered: true, epoch, headSeq, entries });
    });
    socket.on('time.get', (ack) => ack({ ok: true, hubTimeMs: Date.now() + this.timeShiftMs }));
    socket.on('command.progress', (progress) => this.progress.push(progress));
    socket.on('disconnect', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const answer = await this.#answer(request, body);
    const isSent = typeof answer.body === 'string' || answer.body instanceof Uint8Array;
    const sent = isSent ? answer.body : JSON.stringify(answer.body ?? {});
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      date: new Date(Date.now() + this.timeShiftMs).toUTCString(),
      ...answer.headers,
    });
    response.end(sent);
  }

  async #answer(request: IncomingMessage, body: Buffer): Promise<WebhookAnswer> {
    switch (request.url) {
      case '/api/ca.pem':
        return { status: 200, body: this.#certificates?.caPem ?? '' };
      case '/api/bases/claim':
        return this.#claim(body);
      case '/api/channels/authorize': {
        const { socketId } = ChannelAuthorizationRequest.parse(JSON.parse(body.toString()));
        const [, assertion = ''] = (request.headers.authorization ?? '').split(' ');
        const code = await this.#problemWith(assertion);
        if (code) return problem(code);
        const expiresAtMs = Date.now() + LIMITS.channelTokenTtlMs;
        return { status: 200, body: { token: `for ${socketId}`, expiresAtMs } };
      }
      case `/api/webhooks/bases/${this.baseId}`:
        return this.#receiveWebhook(request, body);
      default:
        if (this.firmware && request.url?.startsWith('/api/firmware/')) {
          const headers = { 'content-type': 'application/octet-stream' };
          return { status: 200, body: this.firmware, headers };
        }
        return problem('not_found');
    }
  }

  #claim(body: Buffer): WebhookAnswer {
    const claim = BaseClaim.parse(JSON.parse(body.toString()));
    this.claims.push(claim);
    if (this.claimRefusal) return problem(this.claimRefusal);
    if (claim.secret !== SECRET) return problem('claim_code_invalid');
    this.publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: claim.publicKey },
      format: 'jwk',
    });
    return {
      status: 201,
      body: { baseId: this.baseId, siteId: this.siteId, name: 'Workshop' },
    };
  }

  #receiveWebhook(request: IncomingMessage, body: Buffer): WebhookAnswer {
    const { publicKey } = this;
    const verdict = verifyWebhook({
      headers: request.headers,
      body,
      verifiers: [
        {
          version: 'v1a',
          verify: (content, signature) =>
            publicKey !== undefined && verify(null, content, publicKey, signature),
        },
      ],
      nowSeconds: (Date.now() + this.timeShiftMs) / 1_000,
      toleranceSeconds: LIMITS.webhookToleranceSeconds,
    });
    if (!verdict.ok) return problem(verdict.code);
    const batch = BaseEventBatch.parse(JSON.parse(body.toString()));
    const special = this.onWebhook?.(batch);
    if (special) return special;
    const { events, clockOffsetMs } = batch.data;
    const epoch = batch.data.run ?? batch.data.epoch;
    this.clockOffsetsMs.push(clockOffsetMs);
    let duplicates = 0;
    for (const event of events) {
      const isKnown = this.events.some((one) => one.epoch === epoch && one.seq === event.seq);
      if (isKnown) duplicates += 1;
      else this.events.push({ ...event, epoch });
    }
    return {
      status: 200,
      body: { accepted: events.length - duplicates, duplicates, refused: [] },
    };
  }
}

export function problem(
  code: ErrorCode,
  headers: Readonly<Record<string, string>> = {},
): WebhookAnswer {
  const body = toProblem(code);
  return { status: body.status, body, headers: { 'content-type': PROBLEM_MEDIA_TYPE, ...headers } };
}
