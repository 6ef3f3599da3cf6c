import type { Logger } from 'pino';
import { io } from 'socket.io-client';
import { z } from 'zod';
import { AppError, type ErrorCode, ErrorCodeSchema } from '#protocol/errors.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { ChannelLeft, Closing, type CommandProgress } from '#protocol/hub-link/socket-events.ts';
import type { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import { Timers } from '#platform/timers.ts';
import { LOG_EVENT } from '#platform/logging/log-events.ts';
import { explain } from '../explain-error.ts';
import { acknowledgementOf } from './acknowledgement.ts';
import { makeAssertion, type AssertionSigner } from '../assertion.ts';
import type { GroupCommit } from '../../store/group-commit.ts';
import type { ClockOffset } from '../clock-offset.ts';
import { foreignAnswerIn } from '../foreign-answer.ts';
import type { HubHttp } from '../hub-http.ts';
import type { HubIdentity } from '../hub-identity.ts';
import { type HubFailure, HubRetry } from '../../outbox/hub-retry.ts';
import { dialAgent } from './dial-agent.ts';
import { requestHubTime, type HubSocket, joinChannel } from './join-channel.ts';
import type { LogFollower } from './log-follower.ts';
import { PathCheck } from './path-check.ts';
import { type DiscoveryService, serveDiscovery } from './serve-discovery.ts';
import { LogIntake } from './log-intake.ts';

export interface ChannelClientDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly signer: AssertionSigner;
  readonly origin: string;
  /** Verifies the server; undefined only for a hub over plain HTTP on this machine. */
  readonly identity: HubIdentity | undefined;
  readonly http: Pick<HubHttp, 'post' | 'date' | 'hangUp'>;
  /** Whether a dial to the hub is answered now. */
  readonly canReach: () => Promise<boolean>;
  readonly offset: ClockOffset;
  readonly follower: LogFollower;
  readonly group: GroupCommit;
  readonly finder: DiscoveryService;
  /** The hub's clock was measured; called before anything else. */
  readonly clockKnown: () => void;
  /** The base has resumed: the hub is online. */
  readonly online: () => void;
}

export interface HubLinkStatus {
  /** stopped: the hub said not to reconnect, and a person must act. */
  readonly state: 'connecting' | 'online' | 'offline' | 'stopped';
  readonly sinceMs: number;
  readonly code?: ErrorCode;
}

/** From the dial to Socket.IO's own handshake: a reachable hub may be busy (dial-agent.ts handles one that is not reachable). */
const CONNECT_TIMEOUT_MS = 10_000;
const MEASURE_CLOCK_EVERY_MS = 600_000;
/** Far more than a message of the hub has; a longer one ends the connection before it is in memory. */
const MAX_MESSAGE_BYTES = 8 * LIMITS.socketMessageBytes;
/**
 * Another process with this base's key took over: frequent retries of both would only
 * evict each other.
 */
const TAKEN_OVER_RETRY_MS = 300_000;
/** The right to the channel is renewed after this share of its time. */
const RENEW_AFTER_SHARE = 0.8;
/** A connection that lasted this long was a good one. */
const STABLE_AFTER_MS = 10_000;
/** Upper bound of the wait that a hub may request: it may be wrong, or not the hub. */
const MAX_AWAY_MS = 3_600_000;

const Refused = z.object({ data: z.object({ code: ErrorCodeSchema }) });
/** Codes after which trying again cannot help. */
const HOPELESS: readonly ErrorCode[] = ['base_revoked', 'revoked'];

/** The connection to the hub: who we are, our channel, our place in the log (docs/channels.md). */
export class ChannelClient {
  readonly #deps: ChannelClientDeps;
  readonly #hubRetry: HubRetry;
  readonly #pathCheck: PathCheck;
  readonly #channel: string;
  readonly #timers: Timers<'retry' | 'renewal' | 'clock'>;
  #socket: HubSocket | undefined;
  /** Of that socket. */
  #intake: LogIntake | undefined;
  #status: HubLinkStatus;
  #connectedAtMs = 0;
  /** Of that socket too. */
  #heard: { packetsHeard: number } | undefined;
  /** It waits because nobody answered, not because the hub asked it to. */
  #isOutOfReach = false;
  #isClosed = false;

  constructor(deps: ChannelClientDeps) {
    this.#deps = deps;
    this.#timers = new Timers(deps.clock);
    this.#hubRetry = new HubRetry(deps.random);
    this.#pathCheck = new PathCheck(deps);
    this.#channel = channelName({ kind: 'base', baseId: deps.signer.baseId });
    this.#status = { state: 'offline', sinceMs: deps.clock.nowMs() };
  }

  get status(): HubLinkStatus {
    return this.#status;
  }

  start(): void {
    this.#connect();
  }

  /** Best effort, and only while there is a link. */
  progress(progress: CommandProgress): void {
    if (this.#status.state === 'online') this.#socket?.volatile.emit('command.progress', progress);
  }

  /** As {@link progress}. */
  transfer(transfer: UpdateTransfer): void {
    if (this.#status.state === 'online') this.#socket?.volatile.emit('update.progress', transfer);
  }

  /**
   * A request to the hub was not answered. If a dial is not either, and this connection
   * receives nothing meanwhile, the path is gone, and so is the connection, whose own
   * pings would show that only up to 25 s later.
   */
  suspect(): void {
    const socket = this.#socket;
    const heard = this.#heard;
    if (this.#status.state !== 'online' || !heard) return;
    void this.#pathCheck.isGone(heard).then((isGone) => {
      if (!isGone || this.#socket !== socket) return;
      this.#deps.log.info({ reason: 'no answer to connect' }, 'hub link lost');
      this.#retry({ code: 'hub_unreachable' });
    });
  }

  /**
   * Another request reached a hub that was unreachable: no reason to wait any longer.
   * Once per wait; if it fails, the backoff continues.
   */
  hubReached(): void {
    if (!this.#isOutOfReach || !this.#timers.has('retry')) return;
    this.#deps.log.info('hub reached again, dialling');
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
    this.#set('stopped');
  }

  #connect(): void {
    if (this.#isClosed) return;
    this.#drop();
    this.#set('connecting', this.#status.code);
    const { origin, identity, log } = this.#deps;
    // Its types allow neither, which it hands on to the WebSocket in Node.
    const dialing: object = {
      agent: dialAgent(origin, { identity }),
      maxPayload: MAX_MESSAGE_BYTES,
    };
    const socket: HubSocket = io(origin, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      timeout: CONNECT_TIMEOUT_MS,
      ...dialing,
      // Of the WebSocket itself; the agent verifies instead.
      ...(identity ? { rejectUnauthorized: false } : {}),
      auth: (give) => {
        void this.#assertion().then(
          (assertion) => {
            give({ assertion });
          },
          (error: unknown) => {
            log.error({ err: error }, 'assertion failed');
            this.#retry({ code: 'internal' });
          },
        );
      },
    });
    const intake = new LogIntake(socket, {
      ...this.#deps,
      failed: (code) => this.#retry({ code }),
    });
    this.#socket = socket;
    this.#intake = intake;
    this.#listen(socket, intake);
  }

  #listen(socket: HubSocket, intake: LogIntake): void {
    const { log } = this.#deps;
    const isCurrent = () => this.#socket === socket;
    serveDiscovery(socket, this.#deps);
    const heard = { packetsHeard: 0 };
    this.#heard = heard;
    socket.on('connect', () => {
      socket.io.engine.on('packet', () => (heard.packetsHeard += 1));
      this.#connectedAtMs = this.#deps.clock.monotonicMs();
      void this.#join(socket, intake).catch((error: unknown) => {
        if (!isCurrent()) return;
        const code = error instanceof AppError ? error.code : 'internal';
        log.warn({ code, err: error }, 'hub link setup failed');
        this.#retry({ code, isLate: code !== 'hub_unreachable' });
      });
    });
    socket.on('connect_error', (error) => {
      if (!isCurrent()) return;
      const refusal = this.#deps.identity?.refusal;
      const foreign = foreignAnswerIn(error);
      const unknown = foreign === undefined ? 'hub_unreachable' : 'hub_answer_foreign';
      const code = Refused.safeParse(error).data?.data.code ?? refusal?.code ?? unknown;
      const reason = refusal ? explain(refusal) : (foreign ?? error.message.slice(0, 200));
      log[(refusal ?? foreign) ? 'warn' : 'info']({ code, reason }, 'hub link refused');
      if (HOPELESS.includes(code)) this.#stop(code);
      else if (code === 'clock_skewed') this.#learnTime(socket);
      // Socket.IO's own word for CONNECT_TIMEOUT_MS.
      else this.#retry({ code, isLate: error.message === 'timeout' });
    });
    socket.on('disconnect', (reason) => {
      if (!isCurrent()) return;
      log.info({ reason }, 'hub link lost');
      this.#retry({ code: 'hub_unreachable' });
    });
    socket.on('log.entry', (entry, ack) => {
      intake.ingest(entry, acknowledgementOf(ack));
    });
    socket.on('heartbeat', (beat) => {
      intake.compare(beat);
    });
    socket.on('channel.left', (left) => {
      const parsed = ChannelLeft.safeParse(left);
      if (!parsed.success || parsed.data.channel !== this.#channel || !isCurrent()) return;
      log.warn({ code: parsed.data.code }, 'channel revoked');
      if (HOPELESS.includes(parsed.data.code)) this.#stop(parsed.data.code);
      else this.#retry(parsed.data);
    });
    socket.on('closing', (closing) => {
      const parsed = Closing.safeParse(closing);
      if (parsed.success && isCurrent()) this.#leave(parsed.data);
    });
  }

  /** The hub closes the connection, with instructions. */
  #leave({ code, reconnect, retryAfterMs }: Closing): void {
    this.#deps.log.info({ code, reconnect, retryAfterMs }, 'hub link closed by hub');
    switch (reconnect) {
      case 'never':
        if (code === 'taken_over') this.#yield();
        else this.#stop(code);
        return;
      case 'now':
        // Once: a hub that repeats it would keep this base busy with nothing else.
        this.#retry({ code }, this.#isStable ? 0 : this.#hubRetry.after({ code }));
        return;
      case 'backoff': {
        // The hub sends the same to all of its bases: a random wait spreads them.
        const awayMs = Math.min(MAX_AWAY_MS, retryAfterMs ?? 0);
        this.#retry({ code }, awayMs + this.#hubRetry.after({ code }));
        return;
      }
      default:
        reconnect satisfies never;
    }
  }

  /** Nothing is lost by waiting long, and a copy that was started by mistake may be gone by then. */
  #yield(): void {
    this.#deps.log.warn({ retryInMs: TAKEN_OVER_RETRY_MS }, 'competing base, retry scheduled');
    this.#retry({ code: 'taken_over' }, TAKEN_OVER_RETRY_MS);
  }

  /** The clock comes before the log: it decides about the log's commands. */
  async #join(socket: HubSocket, intake: LogIntake): Promise<void> {
    const grantExpiresAtMs = await this.#joinChannel(socket);
    await this.#measureClock(socket);
    this.#deps.identity?.checkDates();
    if (this.#socket !== socket) return;
    this.#renewBefore(socket, grantExpiresAtMs);
    this.#deps.clockKnown();
    await intake.resume();
    if (this.#socket !== socket) return;
    this.#set('online');
    this.#deps.log.info({ event: LOG_EVENT.linkReady, channel: this.#channel }, 'hub link ready');
    this.#deps.online();
    this.#remeasure(socket);
  }

  async #joinChannel(socket: HubSocket): Promise<number> {
    const { http, offset } = this.#deps;
    const assertion = async () => this.#assertion();
    return joinChannel(socket, { http, offset, assertion, channel: this.#channel });
  }

  #renewBefore(socket: HubSocket, grantExpiresAtMs: number): void {
    const lastsMs = grantExpiresAtMs - this.#deps.offset.hubNowMs();
    const renewInMs = Math.max(1_000, lastsMs * RENEW_AFTER_SHARE);
    const renew = async () => {
      const renewedMs = await this.#joinChannel(socket);
      if (this.#socket === socket) this.#renewBefore(socket, renewedMs);
    };
    this.#timers.set('renewal', renewInMs, () => {
      void renew().catch((error: unknown) => {
        const code = error instanceof AppError ? error.code : 'internal';
        this.#deps.log.warn({ code, err: error }, 'channel renewal failed');
        if (this.#socket === socket) this.#retry({ code });
      });
    });
    this.#deps.log.debug({ renewInMs }, 'channel joined');
  }

  async #measureClock(socket: HubSocket): Promise<void> {
    const { offset, log } = this.#deps;
    await offset.measure(async () => requestHubTime(socket));
    log.debug({ offsetMs: offset.offsetMs }, 'clock offset measured');
  }

  #remeasure(socket: HubSocket): void {
    this.#timers.set('clock', MEASURE_CLOCK_EVERY_MS, () => {
      void this.#measureClock(socket).catch((error: unknown) => {
        this.#deps.log.debug({ err: error }, 'clock offset not measured');
      });
      this.#remeasure(socket);
    });
  }

  /** A refused socket carries no time; any HTTP answer does. */
  #learnTime(socket: HubSocket): void {
    const { http, offset, log } = this.#deps;
    void http.date().then(
      (dateMs) => {
        if (this.#socket !== socket) return;
        offset.learnFrom(dateMs);
        log.warn({ offsetMs: offset.offsetMs }, 'clock far from hub clock');
        this.#retry({ code: 'clock_skewed' });
      },
      (error: unknown) => {
        log.debug({ err: error }, 'hub time unknown');
        if (this.#socket === socket) this.#retry({ code: 'clock_skewed' });
      },
    );
  }

  async #assertion(): Promise<string> {
    return makeAssertion(this.#deps.signer, this.#deps.offset.hubNowMs());
  }

  #retry(failure: HubFailure, waitMs?: number): void {
    const { code } = failure;
    if (this.#isClosed) return;
    const wasOnline = this.#status.state === 'online';
    if (this.#isStable) this.#hubRetry.reset();
    // Whatever broke this connection probably broke the others too, silently.
    if (wasOnline && code === 'hub_unreachable') this.#deps.http.hangUp();
    this.#drop();
    this.#set('offline', code);
    this.#isOutOfReach =
      code === 'hub_unreachable' && failure.isLate !== true && waitMs === undefined;
    this.#timers.set('retry', waitMs ?? this.#hubRetry.after(failure), () => {
      this.#connect();
    });
  }

  get #isStable(): boolean {
    const lastedMs = this.#deps.clock.monotonicMs() - this.#connectedAtMs;
    return this.#status.state === 'online' && lastedMs >= STABLE_AFTER_MS;
  }

  #stop(code: ErrorCode): void {
    this.#drop();
    this.#set('stopped', code);
    this.#deps.log.error({ code }, 'hub link given up, operator needed');
  }

  #set(state: HubLinkStatus['state'], code?: ErrorCode): void {
    const why = code === undefined ? {} : { code };
    this.#status = { state, sinceMs: this.#deps.clock.nowMs(), ...why };
  }

  #drop(): void {
    this.#timers.clear();
    this.#intake?.close();
    this.#intake = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.disconnect();
  }
}
