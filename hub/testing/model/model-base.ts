import { expect } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { CommandOutcome } from '#protocol/command/command-state.ts';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type {
  LogEntry,
  ResumeAnswer,
  ResumeRequest,
  SnapshotPlace,
} from '#protocol/hub-link/base-log.ts';
import { type CommandId, Epoch, newId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { HUB_LINK_VERSION } from '#protocol/version.ts';
import { finished } from '../lamp-site.ts';

/** A command in the journal of the model. */
export interface HeldCommand {
  readonly command: IssuedCommand;
  readonly seq: number;
  /** Bytes left for the unit, so that it may have happened. */
  isWritten: boolean;
  /** The last reported end. */
  reported: CommandOutcome | undefined;
}

export interface ModelEvent {
  readonly seq: number;
  readonly body: BaseEventBody;
  isSettled: boolean;
}

/** What a base does that follows docs/channels.md to the letter: journal, cursor, outbox. */
export class ModelBase {
  readonly held = new Map<CommandId, HeldCommand>();
  readonly events: ModelEvent[] = [];
  readonly outboxEpoch = newId(Epoch);
  /** While it is full, nothing is accepted. */
  isDiskFull = false;
  /** Commands of the pages of a snapshot that is not whole yet. */
  #pages: { readonly next: SnapshotPlace; readonly commands: IssuedCommand[] } | undefined;
  #epoch: Epoch | null = null;
  #lastSeq = 0;

  get cursor(): { readonly epoch: Epoch | null; readonly lastSeq: number } {
    return { epoch: this.#epoch, lastSeq: this.#lastSeq };
  }

  get request(): ResumeRequest {
    const next = this.#pages === undefined ? {} : { next: this.#pages.next };
    return { version: HUB_LINK_VERSION, ...this.cursor, ...next };
  }

  isBehind(head: { readonly epoch: Epoch; readonly headSeq: number }): boolean {
    return this.#epoch !== head.epoch || this.#lastSeq < head.headSeq;
  }

  /** The connection is new: pages that came over the old one are worth nothing. */
  forgetPages(): void {
    this.#pages = undefined;
  }

  /** @returns false for an early entry, which is not accepted. */
  ingest(entry: LogEntry, nowMs: number): boolean {
    if (entry.epoch !== this.#epoch || entry.seq > this.#lastSeq + 1) return false;
    if (entry.seq <= this.#lastSeq) return true;
    this.#lastSeq = entry.seq;
    switch (entry.type) {
      case 'command.issued':
        this.#journal(entry.data, entry.seq);
        break;
      case 'command.cancelled':
        this.cancel(entry.data.commandId, nowMs);
        break;
      case 'units.assigned':
        break;
      default:
        entry satisfies never;
    }
    return true;
  }

  /** @returns whether everything has arrived. */
  apply(answer: ResumeAnswer, request: ResumeRequest, nowMs: number): boolean {
    if (answer.recovered) {
      this.#pages = undefined;
      const seqs = answer.entries.map(({ seq }) => seq);
      expect(seqs, 'a page goes on where it was asked to').toEqual(
        seqs.map((_, index) => request.lastSeq + 1 + index),
      );
      if (seqs.length === 0)
        expect(request.lastSeq, 'an empty page is the last').toBe(answer.headSeq);
      for (const entry of answer.entries) {
        expect(this.ingest(entry, nowMs), 'a page leaves no gap').toBe(true);
      }
      return !this.isBehind(answer);
    }
    const isMore =
      this.#pages?.next.epoch === answer.epoch && this.#pages.next.headSeq === answer.headSeq;
    const commands = [...(isMore ? (this.#pages?.commands ?? []) : []), ...answer.commands];
    this.#pages = answer.next === null ? undefined : { next: answer.next, commands };
    if (answer.next !== null) return false;
    this.#epoch = answer.epoch;
    this.#lastSeq = answer.headSeq;
    const wanted = new Set(commands.map(({ id }) => id));
    for (const id of this.held.keys()) if (!wanted.has(id)) this.cancel(id, nowMs);
    for (const command of commands) this.#journal(command, answer.headSeq);
    return true;
  }

  /** Cancels what has not left yet. */
  cancel(id: CommandId, nowMs: number): void {
    const held = this.held.get(id);
    if (held && !held.isWritten && held.reported === undefined) this.#end(held, 'cancelled', nowMs);
  }

  /** Commands that it has not come to yet. */
  get waiting(): number {
    return [...this.held.values()].filter(({ reported }) => reported === undefined).length;
  }

  /** Executes the next waiting command; an expired one ends instead. */
  execute(pick: number, outcome: CommandOutcome, nowMs: number): void {
    const waiting = [...this.held.values()].filter(({ reported }) => reported === undefined);
    const held = waiting[pick % Math.max(1, waiting.length)];
    if (!held) return;
    const { expiresAt } = held.command;
    if (expiresAt !== null && fromInstant(expiresAt) <= nowMs) {
      this.#end(held, 'expired', nowMs);
      return;
    }
    held.isWritten = outcome !== 'rejected';
    this.#end(held, outcome, nowMs);
  }

  executeAll(nowMs: number): void {
    for (let left = this.held.size; left > 0; left -= 1) this.execute(0, 'succeeded', nowMs);
  }

  /** The unit answers after all. */
  answerLate(pick: number, nowMs: number): void {
    const unknown = [...this.held.values()].filter(({ reported }) => reported === 'unknown');
    const held = unknown[pick % Math.max(1, unknown.length)];
    if (held) this.#end(held, 'succeeded', nowMs);
  }

  /** Something else that happened. */
  append(body: BaseEventBody): void {
    this.events.push({ seq: this.events.length + 1, body, isSettled: false });
  }

  #journal(command: IssuedCommand, seq: number): void {
    if (this.held.has(command.id)) return;
    this.held.set(command.id, { command, seq, isWritten: false, reported: undefined });
  }

  #end(held: HeldCommand, outcome: CommandOutcome, nowMs: number): void {
    held.reported = outcome;
    this.append(
      finished(held.command.id, {
        outcome,
        trace: [STAGE.baseJournalled, STAGE.baseRouted, STAGE.baseRecorded].map((stage) => ({
          stage,
          atMs: nowMs,
        })),
      }),
    );
  }
}
