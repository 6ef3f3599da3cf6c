import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import {
  type BoardApi,
  type BoardCall,
  callPayload,
  callText,
  callTopics,
} from '#protocol/device/board-call.ts';
import type { DeviceId, SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { LruCache } from '#platform/lru-cache.ts';
import { QOS } from '../../kernel/mqtt-message.ts';
import { deviceSubject } from '../../kernel/subject.ts';
import { type BoardAnswer, lastBoardAnswer, putBoardAnswer } from '../../store/board-calls.ts';
import { connectionOf } from '../../store/device-commands.ts';
import type { DeviceRecord } from '../../store/devices.ts';
import type { MessageRecord } from '../../store/mqtt-messages.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { Revocation } from '../accounts/revocations.ts';
import type { Broker } from '../mqtt/broker.ts';
import { BoardTurns } from './board-turns.ts';
import { ANSWER_MS, type CallOutcome, CallQueue } from './call-queue.ts';
import { WatchedSites } from './watched-sites.ts';

/** Boards that are known to answer twice. */
const MAX_NOTED = 1_000;
const ID_BYTES = 12;

export interface DeviceCallsDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly isShared: boolean;
  readonly broker: Pick<Broker, 'publishFrom'>;
  readonly watchTopics: (site: SiteId) => Promise<() => void>;
}

type Board = Pick<DeviceRecord, 'id' | 'siteId' | 'clientId'>;

interface Line {
  readonly device: Board;
  readonly api: BoardApi;
  readonly queue: CallQueue;
}

/**
 * Calls to boards over MQTT: the request at `<client id>/<api>`, the answer at
 * `server/<client id>/<api>`, at whichever hub the board is connected. Only the board itself
 * answers; what others publish there is nothing.
 */
export class DeviceCalls {
  readonly #deps: DeviceCallsDeps;
  readonly #turns: BoardTurns;
  readonly #sites: WatchedSites;
  /** By the site and the topic at which the board answers, and the one of its requests. */
  readonly #lines = new Map<string, Line>();
  readonly #requests = new Map<string, Line>();
  readonly #answerTwice = new LruCache<string, true>(MAX_NOTED);

  constructor(deps: DeviceCallsDeps) {
    this.#deps = deps;
    this.#turns = new BoardTurns(deps);
    this.#sites = new WatchedSites(deps);
  }

  /** Calls that run or wait. */
  get size(): number {
    return [...this.#lines.values()].reduce((sum, { queue }) => sum + queue.size, 0);
  }

  /** @param author who calls, in one word. */
  async call(device: Board, call: BoardCall, author: string): Promise<CallOutcome> {
    const connection = await connectionOf(this.#deps.db, device.id);
    if (!connection) return { kind: 'silent' };
    const leave = await this.#sites.enter(device.siteId);
    try {
      const line = this.#line(device, call.api);
      const id = randomBytes(ID_BYTES).toString('base64');
      const turn = { deviceId: device.id, api: call.api, owner: id };
      const outcome = await line.queue.submit({
        ...{ id, call, place: `${connection.key} ${connection.generation}` },
        send: async () => {
          if (!(await this.#turns.claim(turn, ANSWER_MS))) return false;
          await this.#publish(device, call, { id, author });
          return true;
        },
        over: (freeAtMs) => this.#turns.end(turn, freeAtMs),
      });
      if (outcome.kind === 'answered') await this.#keep(device.id, call, outcome.text);
      return outcome;
    } finally {
      leave();
      this.#dropIdle();
    }
  }

  /** What it last answered to this. */
  async last({ id }: Board, call: BoardCall): Promise<BoardAnswer | undefined> {
    return await lastBoardAnswer(this.#deps.db, id, callText(call));
  }

  /** A message that is handed on at this hub. */
  readonly shown = ({ site, topic, payload, author, properties }: MessageRecord): void => {
    const key = keyOf(site, topic);
    const id = properties?.correlationData;
    const line = this.#lines.get(key);
    if (!line) {
      if (id !== undefined) this.#requests.get(key)?.queue.sent(id);
      return;
    }
    if (author === deviceSubject(line.device.id)) line.queue.answered(payload, id);
  };

  /** A board that is unregistered answers to nobody, and nobody waits for it. */
  readonly revoked = (revocation: Revocation): void => {
    if (revocation.kind !== 'device') return;
    for (const { device, queue } of this.#lines.values()) {
      if (device.id === revocation.deviceId) queue.close({ kind: 'unregistered' });
    }
    this.#dropIdle();
  };

  async close(): Promise<void> {
    for (const { queue } of this.#lines.values()) queue.close({ kind: 'silent' });
    await this.#turns.close();
    await this.#sites.close();
  }

  async #publish(
    { siteId, clientId }: Board,
    call: BoardCall,
    { id, author }: { readonly id: string; readonly author: string },
  ): Promise<void> {
    const topics = callTopics(clientId, call.api);
    await this.#deps.broker.publishFrom(siteId, {
      topic: topics.request,
      payload: Buffer.from(callPayload(call)),
      ...{ qos: QOS.atLeastOnce, isRetained: false, author, sessionKey: null },
      properties: {
        correlationData: id,
        responseTopic: `site/${siteId}/${topics.answer}`,
      },
      // A board that comes back later has nobody waiting for it.
      expiresAtMs: this.#deps.clock.nowMs() + ANSWER_MS,
    });
  }

  /** Reads only: what was set is known when it is read. */
  async #keep(deviceId: DeviceId, call: BoardCall, text: string): Promise<void> {
    if (!call.api.startsWith('get_')) return;
    const { unitOfWork, clock } = this.#deps;
    const answer = { text, answeredAtMs: clock.nowMs() };
    const kept = { deviceId, call: callText(call) };
    await unitOfWork.run(({ tx }) => putBoardAnswer(tx, kept, answer), deviceId);
  }

  #line(device: Board, api: BoardApi): Line {
    const topics = callTopics(device.clientId, api);
    const key = keyOf(device.siteId, topics.answer);
    const known = this.#lines.get(key);
    // Of a device that is gone, another one may have the client id by now.
    if (known?.device.id === device.id) return known;
    known?.queue.close({ kind: 'unregistered' });
    const queue = new CallQueue({
      clock: this.#deps.clock,
      answersTwice: () => this.#answerTwice.get(key) !== undefined,
      noteSecondAnswer: () => this.#answerTwice.set(key, true),
    });
    const line = { device, api, queue };
    this.#lines.set(key, line);
    this.#requests.set(keyOf(device.siteId, topics.request), line);
    return line;
  }

  #dropIdle(): void {
    for (const [key, { device, api, queue }] of this.#lines) {
      if (!queue.isIdle) continue;
      this.#lines.delete(key);
      this.#requests.delete(keyOf(device.siteId, callTopics(device.clientId, api).request));
    }
  }
}

function keyOf(site: SiteId, topic: string): string {
  return `${site}/${topic}`;
}
