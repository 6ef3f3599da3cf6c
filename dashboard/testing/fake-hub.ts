import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as SocketServer } from 'socket.io';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { type Closing, JoinRequest } from '#protocol/hub-link/socket-events.ts';
import { ChannelAuthorizationRequest } from '#protocol/http/channels.ts';
import { SiteLayout } from '#protocol/http/units.ts';
import { accountAnswer, ADA_USER, deviceLoginAnswer, invitationAnswer } from './answers/account.ts';
import { type Answer, type Call, DONE, ok, problem } from './answers/answer.ts';
import { baseAnswer, claimAnswer, newClaimAnswer } from './answers/bases.ts';
import { imageAnswer, imagesAnswer, rolloutAnswer } from './answers/firmware.ts';
import { eventsAnswer, membersAnswer } from './answers/sites.ts';
import { commandAnswer, newUnitAnswer, unitAnswer } from './answers/units.ts';
import { serveBuiltFile } from './built-files.ts';
import type { FakeSite } from './fake-site.ts';

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
    return await this.#route(call);
  }

  async #route(call: Call): Promise<Answer> {
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
        return DONE;
      case 'account':
        return id === 'device-logins' ? deviceLoginAnswer(part) : accountAnswer(call, id);
      case 'ca':
        return ok({ fingerprint: 'K7M2P4T9XQ1VWBN8RJ3C5DHZ6FY0GA', certificate: '' });
      case 'sites':
        return this.#sites(call, this.#siteOf(id), part);
      case 'firmware':
        return imageAnswer(this.site, id);
      case 'rollouts':
        return rolloutAnswer(this.site, id, part);
      case 'units':
        return unitAnswer(this.site, { call, id, part });
      case 'commands':
        return commandAnswer(this.site, id, part);
      case 'bases':
        return await baseAnswer(this.site, { call, part, holdMs: this.discoveryHoldMs });
      case 'claim-codes':
        return claimAnswer(id);
      case 'channels': {
        const { socketId, channel } = ChannelAuthorizationRequest.parse(call.body);
        return ok({ token: `${socketId} ${channel}`, expiresAtMs: Date.now() + 60_000 });
      }
      default:
        return problem('not_found');
    }
  }

  #session() {
    return { user: this.signedIn ? ADA_USER : null, signUp: this.signUp };
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
        return this.eventsFailure ? problem(this.eventsFailure) : eventsAnswer(fake, call);
      case 'layout': {
        const { unitIds } = SiteLayout.parse(call.body);
        this.site.layout = unitIds;
        this.layouts.push(unitIds);
        return DONE;
      }
      case 'firmware':
        return imagesAnswer(this.site, call);
      case 'firmware-keys':
        return ok({ keys: this.site.firmwareKeys });
      case 'rollouts':
        return problem('rollout_empty');
      case 'invitations':
        return invitationAnswer();
      case 'members':
        return membersAnswer(fake);
      case 'claim-codes':
        return newClaimAnswer();
      case 'units':
        return newUnitAnswer(this.site, call);
      default:
        return problem('not_found');
    }
  }
}
