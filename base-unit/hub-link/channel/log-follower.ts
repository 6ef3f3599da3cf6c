import type { Logger } from 'pino';
import { z } from 'zod';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { Refusal } from '#protocol/hub-link/refusal.ts';
import {
  LogEntryBody,
  LogMark,
  ResumeAnswer,
  type ResumeRequest,
  type UnitAssignment,
} from '#protocol/hub-link/base-log.ts';
import { LIMITS } from '#protocol/limits.ts';
import { CommandId, Epoch, type UnitId } from '#protocol/ids.ts';
import { HUB_LINK_VERSION } from '#protocol/version.ts';
import type { Store } from '../../store/store.ts';
import { type Snapshot, SnapshotPages, type SnapshotReason } from './snapshot-pages.ts';

export interface LogFollowerDeps {
  readonly log: Logger;
  readonly store: Store;
  readonly commands: {
    readonly journal: (command: IssuedCommand) => () => void;
    /**
     * Ends a command that cannot be parsed, within the current commit; call the result
     * afterwards.
     */
    readonly refuse: (commandId: CommandId) => () => void;
    readonly cancel: (commandId: CommandId) => void;
    readonly keepOnly: (wanted: ReadonlySet<CommandId>) => void;
    /** Commands from before the start may continue: the hub has said which of them ended. */
    readonly release: () => void;
  };
  readonly units: {
    readonly replace: (units: readonly UnitAssignment[]) => void;
    readonly change: (units: readonly UnitAssignment[], removed: readonly UnitId[]) => void;
    readonly refresh: () => void;
    readonly republishPresence: () => void;
    /** For a hub that may have lost reports. Call inside a commit; act on the result afterwards. */
    readonly describeAgain: () => () => void;
  };
}

const Place = z.object({ epoch: Epoch, seq: z.int().positive(), mark: LogMark.optional() });

/** The parts of a command needed to end it. */
const AnyCommand = z.object({
  type: z.literal('command.issued'),
  data: z.object({ id: CommandId }),
});

const [Recovered, Anew] = ResumeAnswer.options;
/**
 * As {@link ResumeAnswer}, but its parts are validated one by one: one from a later
 * version does not block the rest.
 */
export const TolerantResumeReply = z.union([
  Recovered.extend({ entries: z.array(z.unknown()).max(LIMITS.resumePageEntries) }),
  Anew.extend({
    units: z.array(z.unknown()).max(LIMITS.unitsPerEntry),
    commands: z.array(z.unknown()).max(LIMITS.resumePageEntries),
  }),
  Refusal,
]);
export type ResumeOutcome = Exclude<z.infer<typeof TolerantResumeReply>, { ok: false }>;

export type Ingested =
  /** In the journal, now or since before; `act` on it once that is committed. */
  | { readonly kind: 'have'; readonly act: () => void }
  /** Entries before it are missing: resume. */
  | { readonly kind: 'gap' }
  /** Not understood; it is passed over, since it would be no better the next time. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly act: () => void };

const refused: Extract<Ingested, { kind: 'refused' }> = {
  kind: 'refused',
  code: 'bad_request',
  act: () => undefined,
};

/** Follows the hub's log entry by entry, and owns the cursor. */
export class LogFollower {
  readonly #deps: LogFollowerDeps;
  readonly #pages: SnapshotPages;

  constructor(deps: LogFollowerDeps) {
    this.#deps = deps;
    this.#pages = new SnapshotPages({ log: deps.log });
  }

  /** The connection is new: pages that came over the old one are worth nothing. */
  restart(): void {
    this.#pages.forget();
  }

  /** The resume request. */
  resumeRequest(): ResumeRequest {
    const { next } = this.#pages;
    const { cursor, outbox } = this.#deps.store;
    const { mark, ...position } = cursor.position;
    return {
      version: HUB_LINK_VERSION,
      ...position,
      ...(mark === null ? {} : { mark }),
      outbox: outbox.places,
      ...(next ? { next } : {}),
    };
  }

  /** Whether the hub is ahead, according to its heartbeat. */
  isBehind(head: { readonly epoch: Epoch; readonly headSeq: number }): boolean {
    const { epoch, lastSeq } = this.#deps.store.cursor.position;
    return epoch !== head.epoch || lastSeq < head.headSeq;
  }

  /**
   * Call inside a commit; acknowledge and act once that is on disk.
   *
   * @throws what the store throws: then nothing was accepted.
   */
  ingest(entry: unknown): Ingested {
    const place = Place.safeParse(entry);
    if (!place.success) return refused;
    const { epoch, seq, mark } = place.data;
    const { cursor } = this.#deps.store;
    const position = cursor.position;
    if (epoch !== position.epoch) return { kind: 'gap' };
    if (seq <= position.lastSeq) return { kind: 'have', act: () => undefined };
    if (seq > position.lastSeq + 1) return { kind: 'gap' };
    cursor.moveTo(epoch, seq, mark ?? null);
    const body = LogEntryBody.safeParse(entry);
    if (body.success) return { kind: 'have', act: this.#journal(body.data) };
    const command = AnyCommand.safeParse(entry).data?.data;
    this.#deps.log.error({ seq, commandId: command?.id }, 'invalid log entry');
    // The cursor moves past it, so this is the only chance to report its end.
    const act = command ? this.#deps.commands.refuse(command.id) : refused.act;
    return { kind: 'refused', code: 'bad_request', act };
  }

  /** @returns false when there is more to fetch, or when the answer left a gap. */
  apply(answer: ResumeOutcome): boolean {
    const { store } = this.#deps;
    if (answer.recovered) {
      this.#pages.forget();
      const ingested = store.commit(() => {
        store.outbox.compared();
        return answer.entries.map((entry) => this.ingest(entry));
      });
      this.#deps.commands.release();
      for (const one of ingested) if (one.kind !== 'gap') one.act();
      return !this.isBehind(answer);
    }
    const snapshot = this.#pages.add(answer);
    if (!snapshot) return false;
    this.#startAnew(snapshot, answer.mark ?? null);
    return true;
  }

  #startAnew(snapshot: Snapshot, mark: LogMark | null): void {
    const { log, store, units, commands } = this.#deps;
    const { epoch, headSeq, unreadable, reason } = snapshot;
    const level = reason === 'first_contact' ? 'info' : 'warn';
    log[level]({ reason, headSeq, pending: snapshot.commands.length }, 'log starts anew');
    const afterwards = store.commit(() => {
      store.cursor.moveTo(epoch, headSeq, mark);
      if (reason === 'base_behind') store.outbox.beginEpoch();
      else if (isOfHub(reason)) store.outbox.forgetSettled();
      store.outbox.compared();
      units.replace(snapshot.units);
      return [
        ...(reason === 'first_contact' ? [] : [units.describeAgain()]),
        ...unreadable.map((id) => commands.refuse(id)),
        ...snapshot.commands.map((command) => commands.journal(command)),
      ];
    });
    units.refresh();
    units.republishPresence();
    commands.keepOnly(new Set([...snapshot.commands.map(({ id }) => id), ...unreadable]));
    commands.release();
    for (const act of afterwards) act();
  }

  #journal(body: LogEntryBody): () => void {
    switch (body.type) {
      case 'command.issued':
        return this.#deps.commands.journal(body.data);
      case 'command.cancelled':
        return () => this.#deps.commands.cancel(body.data.commandId);
      case 'units.assigned':
        this.#deps.units.change(body.data.units, body.data.removed);
        return () => this.#deps.units.refresh();
      default:
        return body satisfies never;
    }
  }
}

/** Whether the hub may have lost events that it had confirmed. */
function isOfHub(reason: SnapshotReason): boolean {
  return reason === 'hub_behind' || reason === 'ahead_of_hub' || reason === 'log_changed';
}
