import { expect } from 'vitest';
import { pino } from 'pino';
import {
  type EntryAck,
  type LogEntry,
  ResumeReply,
  type ResumeRequest,
} from '#protocol/hub-link/base-log.ts';
import type { Heartbeat } from '#protocol/hub-link/socket-events.ts';
import { type BaseId, Epoch, newId } from '#protocol/ids.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import { BaseSession } from '../../edges/channels/base-session.ts';
import type { ModelBase } from './model-base.ts';
import type { ModelHub } from './model-hub.ts';

export interface ModelLinkDeps {
  readonly hub: ModelHub;
  readonly base: ModelBase;
  readonly baseId: BaseId;
}

/**
 * One connection of a base: messages arrive in order, when the test says so. The two ends notice
 * a cut independently.
 */
export class ModelLink {
  readonly #deps: ModelLinkDeps;
  readonly #connection: string;
  readonly #recorded: Promise<void>;
  #markRecorded = (): void => undefined;
  readonly #session: BaseSession;
  readonly #toBase: (() => void)[] = [];
  readonly #toHub: (() => void)[] = [];
  #isResuming = false;
  #isBaseEndOpen = true;
  #isHubEndOpen = true;
  #arrivedSeq = 0;

  constructor(deps: ModelLinkDeps) {
    this.#deps = deps;
    this.#connection = newId(Epoch);
    this.#recorded = new Promise((resolve) => (this.#markRecorded = resolve));
    const { hub, baseId } = deps;
    this.#session = new BaseSession({
      baseId,
      connection: this.#connection,
      recorded: this.#recorded,
      ackTimeoutMs: 5_000,
      clock: hub.clock,
      log: pino({ level: 'silent' }),
      logs: hub.services.logs,
      reports: hub.services.loggedCommands,
      socket: {
        isConnected: () => this.#isHubEndOpen,
        sendEntry: (entry, timeoutMs) => this.#sendEntry(entry, timeoutMs),
        sendHeartbeat: (beat) => this.#toBase.push(() => this.#compare(beat)),
        request: () => Promise.reject(new Error('nobody asks in this model')),
        superseded: () => this.closeAtHub(),
      },
    });
  }

  get isOpen(): boolean {
    return this.#isBaseEndOpen;
  }

  get isIdle(): boolean {
    return this.#toBase.length + this.#toHub.length === 0 && !this.#isResuming;
  }

  /** The base has joined its channel; it resumes. */
  open(): void {
    const { hub, baseId } = this.#deps;
    this.#deps.base.forgetPages();
    hub.services.links.attach(baseId, this.#session);
    this.#session.start();
    void hub.services.connections.joined(baseId, this.#connection).then(() => this.#markRecorded());
    this.resume();
  }

  resume(request: ResumeRequest = this.#deps.base.request): void {
    if (!this.#isBaseEndOpen || this.#isResuming) return;
    this.#isResuming = true;
    this.#toHub.push(() => {
      void this.#session.resume(request, (reply) => {
        const sent = ResumeReply.parse(JSON.parse(JSON.stringify(reply)));
        this.#toBase.push(() => this.#resumed(request, sent));
      });
    });
  }

  /** The next messages arrive. */
  deliver(way: 'toBase' | 'toHub', count: number): void {
    const queue = way === 'toBase' ? this.#toBase : this.#toHub;
    const isOpen = () => (way === 'toBase' ? this.#isBaseEndOpen : this.#isHubEndOpen);
    for (const arrive of queue.splice(0, count)) if (isOpen()) arrive();
  }

  /** The base loses the connection; the hub does not know yet. */
  cut(): void {
    this.#isBaseEndOpen = false;
    this.#toBase.length = 0;
    this.#toHub.length = 0;
  }

  /** The hub learns of it. */
  closeAtHub(): void {
    if (!this.#isHubEndOpen) return;
    this.#isHubEndOpen = false;
    this.cut();
    const { hub, baseId } = this.#deps;
    this.#session.close();
    hub.services.links.detach(baseId, this.#session);
    void hub.services.connections.left(baseId, this.#connection);
  }

  #sendEntry(entry: LogEntry, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#deps.hub.clock.after(timeoutMs, () => reject(new Error('timeout')));
      const answer = (ack: EntryAck): void => {
        this.#toHub.push(() => {
          cancelTimer();
          resolve(ack);
        });
      };
      this.#toBase.push(() => this.#arrived(entry, answer));
    });
  }

  #arrived(entry: LogEntry, answer: (ack: EntryAck) => void): void {
    const { base, hub } = this.#deps;
    if (this.#arrivedSeq > 0) {
      expect(entry.seq, 'live entries leave no gap').toBeLessThanOrEqual(this.#arrivedSeq + 1);
    }
    this.#arrivedSeq = Math.max(entry.seq, this.#arrivedSeq);
    if (base.isDiskFull) answer(toRefusal('storage_full'));
    else if (base.ingest(entry, hub.clock.nowMs())) answer({ ok: true });
    else this.resume();
  }

  #resumed(request: ResumeRequest, reply: ResumeReply): void {
    this.#isResuming = false;
    if (!reply.ok || this.#deps.base.isDiskFull) {
      this.cut();
      return;
    }
    const isDone = this.#deps.base.apply(reply, request, this.#deps.hub.clock.nowMs());
    this.#arrivedSeq = this.#deps.base.cursor.lastSeq;
    if (!isDone) this.resume();
  }

  #compare(beat: Heartbeat): void {
    if (this.#deps.base.isBehind(beat)) this.resume();
  }
}
