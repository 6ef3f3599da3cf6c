import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as SocketServer } from 'socket.io';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { toProblem } from '#protocol/http/problem.ts';
import { type Closing, JoinRequest } from '#protocol/hub-link/socket-events.ts';
import { CommandRequest } from '#protocol/http/commands.ts';
import { SiteEventsQuery } from '#protocol/http/events.ts';
import { ChannelAuthorizationRequest } from '#protocol/http/channels.ts';
import { SiteLayout, UnitChange, UnitRequest } from '#protocol/http/units.ts';
import { ClaimId, CommandId, InvitationId, newId, SessionId, TokenId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { DiscoveryRequest, ProbeRequest } from '#protocol/hub-link/discovery.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { serveBuiltFile } from './built-files.ts';
import { fakeAccountEvents } from './fake-account-events.ts';
import { ADA_ID, type FakeSite, phaseOf, plausible } from './fake-site.ts';
import { LAMP_THING } from './fake-things.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}
interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const user = { id: ADA_ID, email: 'ada@example.org', name: 'Ada' };
const DAY_MS = 86_400_000;

/**
 * A hub without a base, for developing and testing the dashboard. It uses the real
 * schemas; passwords and permissions are left to the real hub.
 */
export class FakeHub {
  readonly site: FakeSite;
  signedIn = true;
  signUp: 'setup' | 'invite' = 'invite';
  /** Answers each call with this error while it is set. */
  failure: ErrorCode | undefined;
  /** Calls that were answered with it. */
  failed = 0;
  /** Holds snapshots back, to see the page load. */
  snapshotDelayMs = 0;
  /** Answers each request for a snapshot with this error while it is set. */
  snapshotFailure?: ErrorCode;
  discoveryHoldMs = 500;
  grantTtlMs = 3_600_000;
  /** The folder of the built dashboard, to serve it along with the API. */
  dashboardFolder: string | undefined;
  /** Other sites of the same person, without content. */
  readonly #otherSites: FakeSite[] = [];
  /** Answers each page of events with this error while it is set. */
  eventsFailure?: ErrorCode;
  /** Requested pages of events. */
  eventRequests = 0;
  readonly joins: string[] = [];
  readonly layouts: string[][] = [];
  readonly #http: Server;
  readonly #io: SocketServer;

  /** @param ping the sockets' ping interval and timeout. */
  constructor(
    site: FakeSite,
    ping?: { readonly pingInterval: number; readonly pingTimeout: number },
  ) {
    this.site = site;
    this.#http = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#io = new SocketServer(this.#http, {
      transports: ['websocket'],
      serveClient: false,
      ...ping,
    });
  }

  async start(port = 0): Promise<string> {
    this.#io.on('connection', (socket) => {
      socket.on('channel.join', (payload: unknown, ack: (reply: unknown) => void) => {
        const request = JoinRequest.parse(payload);
        if (request.token !== `${socket.id} ${request.channel}`) {
          ack({ ok: false, code: 'channel_token_invalid', message: 'no' });
          return;
        }
        void socket.join(request.channel);
        this.joins.push(request.channel);
        const grantExpiresAtMs = Date.now() + this.grantTtlMs;
        const site = this.#siteOf(request.channel.replace('private-site.', ''));
        const reply = { ok: true, channel: request.channel, grantExpiresAtMs };
        const { cursor } = site;
        const { after } = request;
        if (after === undefined) ack({ ...reply, cursor });
        else ack({ ...reply, cursor, resumed: site.resumed(after) });
      });
    });
    this.#publishOf(this.site);
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', resolve));
    const address = this.#http.address();
    if (address === null || typeof address === 'string') throw new AppError('internal');
    return `http://127.0.0.1:${address.port}`;
  }

  addSite(site: FakeSite): void {
    this.#otherSites.push(site);
    this.#publishOf(site);
  }

  #publishOf(site: FakeSite): void {
    site.publish = (delta) => {
      this.#io.to(`private-site.${site.site.id}`).emit('site.delta', delta);
    };
  }

  #siteOf(id: string): FakeSite {
    return this.#otherSites.find(({ site }) => site.id === id) ?? this.site;
  }

  /** Cuts every socket without a word. */
  dropSockets(): void {
    this.#io.disconnectSockets(true);
  }

  /** Tells every socket to disconnect, and how to reconnect. */
  closeSockets(closing: Closing): void {
    this.#io.emit('closing', closing);
    this.dropSockets();
  }

  /** A delta that no version of the protocol knows. */
  emitNonsense(): void {
    this.#io.emit('site.delta', { parts: 'gone mad' });
  }

  async close(): Promise<void> {
    for (const site of [this.site, ...this.#otherSites]) site.close();
    await this.#io.close();
    this.#http.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://hub');
    if (url.pathname.startsWith('/socket.io')) return;
    if (this.dashboardFolder !== undefined && !url.pathname.startsWith('/api/')) {
      await serveBuiltFile(this.dashboardFolder, url.pathname, response);
      return;
    }
    const { status, body } = await this.#answer(request, url).catch((error: unknown) =>
      problem(error instanceof AppError ? error.code : 'bad_request'),
    );
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  async #answer(request: IncomingMessage, url: URL): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const isJson = (request.headers['content-type'] ?? '').includes('json');
    const body: unknown = text === '' || !isJson ? undefined : JSON.parse(text);
    const call = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body,
    };
    if (this.failure) {
      this.failed += 1;
      return problem(this.failure);
    }
    if (call.path.endsWith('/snapshot') && this.snapshotDelayMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.snapshotDelayMs));
    }
    const [, , noun, id = '', part = ''] = call.path.split('/');
    switch (noun) {
      case 'session':
        return ok(this.#session());
      case 'sign-in':
      case 'sign-up':
        this.signedIn = true;
        return ok(this.#session());
      case 'sign-out':
        this.signedIn = false;
        return { status: 204 };
      case 'account':
        return id === 'device-logins' ? deviceLogin(part) : this.#account(call, id);
      case 'ca':
        return ok({ fingerprint: 'K7M2P4T9XQ1VWBN8RJ3C5DHZ6FY0GA', certificate: '' });
      case 'sites':
        return this.#sites(call, this.#siteOf(id), part);
      case 'firmware':
        this.site.firmware = this.site.firmware.filter((image) => image.id !== id);
        return { status: 204 };
      case 'rollouts':
        return this.#rollouts(id, part);
      case 'units':
        return this.#units(call, id, part);
      case 'commands':
        return this.#commands(id, part);
      case 'bases':
        return await this.#bases(call, part);
      case 'claim-codes':
        return ok({
          id,
          state: 'waiting',
          baseId: null,
          expiresAt: toInstant(Date.now() + 800_000),
        });
      case 'channels': {
        const { socketId, channel } = ChannelAuthorizationRequest.parse(call.body);
        return ok({ token: `${socketId} ${channel}`, expiresAtMs: Date.now() + 60_000 });
      }
      default:
        return problem('not_found');
    }
  }

  async #bases(call: Call, part: string): Promise<Answer> {
    if (part === 'probe') {
      const { address } = ProbeRequest.parse(call.body);
      return ok(this.site.probe(address));
    }
    if (part !== 'discovery') return problem('not_found');
    const { revision } = DiscoveryRequest.parse(call.body);
    const { discovery } = this.site;
    if (revision === discovery.revision) {
      await new Promise((resolve) => setTimeout(resolve, this.discoveryHoldMs));
    }
    return ok(this.site.discovery);
  }

  #session() {
    return { user: this.signedIn ? user : null, signUp: this.signUp };
  }

  #account(call: Call, part: string): Answer {
    const now = toInstant(Date.now());
    if (call.method === 'DELETE' || part === 'password' || part === 'proof') return { status: 204 };
    if (part === 'events') return ok({ events: fakeAccountEvents(user), next: null });
    if (part === 'sessions') {
      const times = {
        createdAt: now,
        lastUsedAt: now,
        expiresAt: toInstant(Date.now() + 30 * DAY_MS),
      };
      const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0';
      return ok({
        sessions: [
          { id: newId(SessionId), current: true, userAgent, ...times },
          {
            id: newId(SessionId),
            current: false,
            userAgent: 'Mozilla/5.0 (iPhone) Safari',
            ...times,
          },
        ],
      });
    }
    const token = {
      id: newId(TokenId),
      name: 'Node-RED',
      scope: 'control',
      siteIds: null,
      createdAt: now,
      lastUsedAt: null,
      expiresAt: null,
    };
    if (call.method === 'POST') return ok({ token, secret: 'sbt_5dG7wq1Vb9nJx2Zr8KcLm4Tp' });
    return ok({ tokens: [token] });
  }

  #sites(call: Call, fake: FakeSite, part: string): Answer {
    switch (part) {
      case '': {
        const sites = [this.site, ...this.#otherSites].map(({ site }) => site);
        return ok(call.method === 'GET' ? { sites } : fake.site);
      }
      case 'snapshot':
        return this.snapshotFailure ? problem(this.snapshotFailure) : ok(fake.snapshot());
      case 'events':
        this.eventRequests += 1;
        if (this.eventsFailure) return problem(this.eventsFailure);
        return ok(fake.eventsPage(SiteEventsQuery.parse(Object.fromEntries(call.query))));
      case 'layout': {
        const { unitIds } = SiteLayout.parse(call.body);
        this.site.layout = unitIds;
        this.layouts.push(unitIds);
        return { status: 204 };
      }
      case 'firmware':
        return call.method === 'GET'
          ? ok({ firmware: this.site.firmware })
          : problem('firmware_file_invalid');
      case 'firmware-keys':
        return ok({ keys: this.site.firmwareKeys });
      case 'rollouts':
        return problem('rollout_empty');
      case 'invitations':
        return ok({
          id: newId(InvitationId),
          code: 'Gq5fW2nV8tYxL1zR',
          role: 'member',
          expiresAt: toInstant(Date.now() + 7 * DAY_MS),
          hubUrls: ['https://192.168.1.10:8443'],
        });
      case 'members':
        return ok({ members: [{ user, role: 'owner', since: fake.site.createdAt }] });
      case 'claim-codes':
        return ok({
          id: newId(ClaimId),
          code: 'K7M2P-4T9XQ-1VWBN-8RJ3C-5DHZ6-FY0GA',
          hubUrls: ['https://192.168.1.10:8443', 'https://signalbox.local:8443'],
          expiresAt: toInstant(Date.now() + 15 * 60_000),
        });
      case 'units': {
        const wanted = UnitRequest.parse(call.body);
        const base = this.site.bases.get(wanted.endpoint.baseId);
        if (!base) return problem('base_unknown');
        const { name, place } = wanted;
        const unit = this.site.addUnit(base, { name, place, thing: null, state: 'init' });
        setTimeout(() => {
          const described = {
            ...unit,
            description: LAMP_THING,
            presence: { ...unit.presence, state: 'ready' as const },
          };
          this.site.putUnit(described);
        }, 1_500).unref();
        return { status: 201, body: unit };
      }
      default:
        return problem('not_found');
    }
  }

  #rollouts(id: string, part: string): Answer {
    const rollout = this.site.rollouts.get(id);
    if (!rollout) return problem('rollout_unknown');
    const state = part === 'pause' ? 'paused' : part === 'resume' ? 'running' : 'aborted';
    const endedAt = state === 'aborted' ? toInstant(Date.now()) : null;
    const changed: RolloutView = { ...rollout, state, endedAt };
    this.site.putRollout(changed);
    return ok(changed);
  }

  #units(call: Call, id: string, part: string): Answer {
    const unit = this.site.units.get(id);
    if (!unit) return problem('unit_unknown');
    if (part === 'commands') {
      if (call.method === 'POST') {
        return { status: 202, body: this.site.send(unit, CommandRequest.parse(call.body)) };
      }
      const all = [...this.site.commands.values()].map(({ command }) => command);
      return ok({ commands: all.filter((command) => command.unitId === id).reverse() });
    }
    if (part === 'history') return ok(history(call.query, id));
    if (call.method === 'DELETE') {
      this.site.removeUnit(unit.id);
      return { status: 204 };
    }
    if (call.method === 'PATCH') {
      const { name, place, endpoint } = UnitChange.parse(call.body);
      const next = {
        ...unit,
        name: name ?? unit.name,
        place: place ?? unit.place,
        endpoint: unit.endpoint.kind === 'base' ? { ...unit.endpoint, ...endpoint } : unit.endpoint,
      };
      this.site.putUnit(next);
      return ok(next);
    }
    return ok(unit);
  }

  #commands(id: string, part: string): Answer {
    const entry = this.site.commands.get(id);
    if (!entry) return problem('command_unknown');
    if (part === 'cancel') return ok(this.site.cancel(CommandId.parse(id)));
    return ok({ command: entry.command, steps: entry.trace });
  }
}

/** A program at another address requests a login. */
function deviceLogin(part: string): Answer {
  if (part !== 'find') return { status: 204 };
  const now = Date.now();
  return ok({
    userCode: 'BCDF-GHJK',
    host: 'ada-laptop',
    program: 'signalbox',
    scope: 'control',
    address: '192.168.1.23',
    isSameAddress: false,
    createdAt: toInstant(now - 20_000),
    expiresAt: toInstant(now + 580_000),
  });
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function problem(code: ErrorCode): Answer {
  const body = toProblem(code);
  return { status: body.status, body };
}

/** A plausible history with an unexplained outage, and one with lost readings. */
function history(query: URLSearchParams, unitId: string): unknown {
  const property = query.get('property') ?? '';
  const fromMs = Number(query.get('from'));
  const toMs = Math.min(Number(query.get('to')), Date.now());
  const bucketMs = Math.max(2_000, Math.ceil((toMs - fromMs) / 400 / 1_000) * 1_000);
  const phase = phaseOf(unitId);
  const place = (share: number) => Math.round(fromMs + (toMs - fromMs) * share);
  const outage = { fromMs: place(0.55), toMs: place(0.62) };
  const lost = { fromMs: place(0.22), toMs: place(0.3) };
  const points = [];
  for (let atMs = fromMs; atMs < toMs; atMs += bucketMs) {
    if ([outage, lost].some((hole) => atMs > hole.fromMs && atMs < hole.toMs)) continue;
    const mean = plausible(property, atMs, phase);
    const spread = bucketMs > 2_000 ? Math.abs(mean) * 0.06 + 1 : 0;
    points.push({ atMs, min: mean - spread, max: mean + spread, mean, last: mean, count: 5 });
  }
  return {
    property,
    fromMs,
    toMs,
    bucketMs: bucketMs > 2_000 ? bucketMs : 0,
    points,
    gaps: [{ ...lost, count: 1_204, reason: 'outbox_full' }],
    nextFromMs: null,
  };
}
