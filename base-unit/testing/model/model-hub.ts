import { expect } from 'vitest';
import type { IssuedCommand } from '#protocol/command/command.ts';
import { BaseEventBody, type CommandFinished } from '#protocol/hub-link/base-events.ts';
import type {
  LogEntry,
  LogEntryBody,
  ResumeRequest,
  SnapshotPlace,
  UnitAssignment,
} from '#protocol/hub-link/base-log.ts';
import { type CommandId, Epoch, newId } from '#protocol/ids.ts';
import type { EventBatch, EventSender, SendOutcome } from '../../outbox/event-sender.ts';
import type { ResumeOutcome } from '../../hub-link/channel/log-follower.ts';
import { MemorySender } from '../memory-sender.ts';

/** The boot that made-up readings are of; those of a real unit have another. */
export const MODEL_BOOT = 'ffffffff';

/** What becomes of a batch: `lost` was stored, and the answer did not get through. */
export type HubReply = 'stored' | 'lost' | 'unavailable' | 'refused';

/** The other end of the hub link: a log that is only ever added to, and a store of events. */
export class ModelHub {
  readonly issued = new Map<CommandId, IssuedCommand>();
  readonly units: UnitAssignment[];
  /** The immediate reply to batches; undefined: they wait. */
  standing: HubReply | undefined = 'stored';
  readonly #memory = new MemorySender();
  readonly #waiting: ((reply: HubReply) => void)[] = [];
  #bodies: LogEntryBody[] = [];
  #epoch = newId(Epoch);

  constructor(units: UnitAssignment[]) {
    this.units = units;
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  get headSeq(): number {
    return this.#bodies.length;
  }

  append(body: LogEntryBody): void {
    this.#bodies.push(body);
    if (body.type === 'command.issued') this.issued.set(body.data.id, body.data);
  }

  /** The log is lost, and rebuilt from commands that have not ended. */
  renew(): void {
    this.#epoch = newId(Epoch);
    this.#bodies = [];
  }

  entry(seq: number): LogEntry | undefined {
    const body = this.#bodies[seq - 1];
    return body && { seq, epoch: this.#epoch, ...body };
  }

  /** The answer to a resume. */
  answer({ epoch, lastSeq, next }: ResumeRequest, pageSize: number): ResumeOutcome {
    const at = { ok: true, epoch: this.#epoch, headSeq: this.headSeq } as const;
    if (epoch === this.#epoch && lastSeq <= this.headSeq) {
      const page = this.#bodies.slice(lastSeq, lastSeq + pageSize);
      const entries = page.flatMap((_, index) => this.entry(lastSeq + index + 1) ?? []);
      return { ...at, recovered: true, entries };
    }
    const reason = epoch === null ? 'first_contact' : 'epoch_changed';
    return this.#snapshot(reason, next?.epoch === this.#epoch ? next : undefined, pageSize);
  }

  /** All reported ends of each command, in order of arrival. */
  results(): Map<CommandId, CommandFinished[]> {
    const results = new Map<CommandId, CommandFinished[]>();
    for (const body of this.#events()) {
      if (body.type !== 'command.finished') continue;
      const { commandId } = body.data;
      results.set(commandId, [...(results.get(commandId) ?? []), body.data]);
    }
    return results;
  }

  /** The numbers of all readings of the model that arrived. */
  readings(): number[] {
    return this.#events().flatMap((body) =>
      body.type === 'readings.recorded' && body.data.bootId === MODEL_BOOT
        ? body.data.readings.map(({ seq }) => seq)
        : [],
    );
  }

  readonly sender: EventSender = {
    send: async (batch) => {
      const reply =
        this.standing ?? (await new Promise<HubReply>((resolve) => this.#waiting.push(resolve)));
      return await this.#meet(batch, reply);
    },
  };

  /** Of the batches that wait. */
  decide(reply: HubReply): void {
    for (const meet of this.#waiting.splice(0)) meet(reply);
  }

  /** The process at the other end is gone: nobody gets these replies. */
  forgetWaiting(): void {
    this.#waiting.length = 0;
  }

  /** A page of all commands without a reported end; `afterSeq` counts commands here. */
  #snapshot(
    reason: 'first_contact' | 'epoch_changed',
    next: SnapshotPlace | undefined,
    pageSize: number,
  ): ResumeOutcome {
    const headSeq = next?.headSeq ?? this.headSeq;
    const later = new Set(
      this.#bodies.slice(headSeq).flatMap((body) => (isIssued(body) ? [body.data.id] : [])),
    );
    const results = this.results();
    const from = next?.afterSeq ?? 0;
    const open = [...this.issued.values()].flatMap((command, index) =>
      index < from || results.has(command.id) || later.has(command.id) ? [] : [{ command, index }],
    );
    const page = open.slice(0, pageSize);
    const last = page.length < open.length ? page.at(-1) : undefined;
    const epoch = this.#epoch;
    return {
      ok: true,
      recovered: false,
      reason,
      epoch,
      headSeq,
      units: next ? [] : this.units,
      commands: page.map(({ command }) => command),
      next: last ? { epoch, headSeq, afterUnitId: null, afterSeq: last.index + 1 } : null,
    };
  }

  async #meet(batch: EventBatch, reply: HubReply): Promise<SendOutcome> {
    switch (reply) {
      case 'stored':
        return await this.#memory.send(batch);
      case 'lost':
        await this.#memory.send(batch);
        return { kind: 'later', code: 'hub_unreachable' };
      case 'unavailable':
        return { kind: 'later', code: 'internal' };
      case 'refused':
        return { kind: 'later', code: 'unauthenticated' };
      default:
        return reply satisfies never;
    }
  }

  #events(): BaseEventBody[] {
    const seqs = this.#memory.received.map(({ seq }) => seq);
    expect(new Set(seqs).size, 'each number once').toBe(seqs.length);
    return this.#memory.received.map(({ type, data }) => BaseEventBody.parse({ type, data }));
  }
}

function isIssued(
  body: LogEntryBody,
): body is Extract<LogEntryBody, { readonly type: 'command.issued' }> {
  return body.type === 'command.issued';
}
