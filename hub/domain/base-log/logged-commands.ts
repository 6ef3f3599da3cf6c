import { STAGE } from '#protocol/command/command-stage.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { BaseId, CommandId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { noteAcked } from '../../store/base-log.ts';
import { heldCommands, unconfirmedUpTo } from '../../store/commands.ts';
import type { CommandRecord } from '../../store/command-record.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { BaseShares } from '../bases/base-shares.ts';
import type { CommandReports } from '../commands/command-reports.ts';
import type { LiveProgress } from '../commands/live-progress.ts';
import type { OwnedRecords } from '../units/owned-records.ts';

export interface LoggedCommandsDeps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly live: LiveProgress;
  readonly owned: OwnedRecords;
  readonly shares: BaseShares;
  readonly reports: Pick<CommandReports, 'moveAll' | 'progress'>;
}

/** How far a base holds its log, and up to where the hub has sent it entries since its request. */
interface LogPlace {
  readonly afterSeq: number;
  readonly sentSeq?: number | undefined;
}

/** What the log of a base, and how far the base holds it, say of the commands in it. */
export class LoggedCommands {
  readonly #deps: LoggedCommandsDeps;

  constructor(deps: LoggedCommandsDeps) {
    this.#deps = deps;
  }

  /**
   * The commands in a base's log that it may still be given. Expired ones are excluded:
   * one that the base never held ends here as expired; one that it may hold is timed
   * out. A cancelled one that the base never held is excluded too.
   *
   * @param from the base holds nothing after this position in its log, except what the
   * hub has sent since its request, up to `sentSeq`: the base decides about those.
   */
  async stillWanted(
    work: Work,
    commands: readonly CommandRecord[],
    from: LogPlace,
  ): Promise<CommandRecord[]> {
    const nowMs = this.#deps.clock.nowMs();
    const open = commands.filter((command) => !isFinal(command.state));
    const late = open.filter(
      (command) =>
        command.expiresAtMs !== null && command.expiresAtMs <= nowMs && !isOnItsWay(command, from),
    );
    const neverHeld = late.filter((command) => this.#isNeverHeld(command, from.afterSeq));
    const toCancel = open.filter(
      (command) =>
        !late.includes(command) &&
        !isOnItsWay(command, from) &&
        command.cancelRequestedAtMs !== null &&
        this.#isNeverHeld(command, from.afterSeq),
    );
    const byHub = { stage: STAGE.hubSent, actor: HUB_ACTOR };
    await this.#deps.reports.moveAll(work, toCancel, {
      ...byHub,
      to: 'cancelled',
      code: 'cancelled',
    });
    await this.#deps.reports.moveAll(work, neverHeld, { ...byHub, to: 'expired', code: 'expired' });
    // From here on the base's position in the log says nothing about these.
    const unknown = late.filter(
      (command) => command.state === 'dispatched' && !neverHeld.includes(command),
    );
    await this.#deps.reports.moveAll(work, unknown, {
      ...byHub,
      to: 'timed_out',
      code: 'timed_out',
    });
    return open.filter((command) => !late.includes(command) && !toCancel.includes(command));
  }

  /**
   * Unreadable commands that the base may still be given: one that it never held did
   * not happen and never will. The base reports those that it may hold.
   */
  async unreadable(work: Work, commands: readonly CommandRecord[], from: LogPlace): Promise<void> {
    const lost = commands.filter(
      (command) => !isOnItsWay(command, from) && this.#isNeverHeld(command, from.afterSeq),
    );
    const change = {
      to: 'failed',
      stage: STAGE.hubSent,
      code: 'internal',
      actor: HUB_ACTOR,
    } as const;
    await this.#deps.reports.moveAll(work, lost, change);
  }

  /** The base holds its log up to `seq`. */
  async heldUpTo(work: Work, baseId: BaseId, seq: number): Promise<void> {
    await noteAcked(work.tx, baseId, seq);
    const commands = await unconfirmedUpTo(work.tx, baseId, seq);
    await this.#deps.reports.moveAll(work, commands, {
      to: 'received',
      stage: STAGE.baseJournalled,
      actor: base(baseId),
    });
  }

  /**
   * The base was restored from a backup: it may have executed what it held, and the
   * outcome is unknown.
   */
  async endHeldAsUnknown(work: Work, baseId: BaseId, ackedSeq: number): Promise<void> {
    const commands = await heldCommands(work.tx, baseId, ackedSeq);
    const change = {
      to: 'unknown',
      stage: STAGE.baseJournalled,
      code: 'outcome_unknown',
      actor: HUB_ACTOR,
    } as const;
    await this.#deps.reports.moveAll(work, commands, change);
  }

  /** The base acknowledged single entries: shown at once, not stored yet. */
  received(baseId: BaseId, commandIds: readonly CommandId[]): void {
    const progress = { state: 'received', stage: STAGE.baseJournalled } as const;
    for (const commandId of commandIds) {
      this.#deps.reports.progress(baseId, { commandId, ...progress });
    }
  }

  /** Stores what the base acknowledged a while ago, where it has not ended since. */
  async held(
    baseId: BaseId,
    acked: { readonly commandIds: readonly CommandId[]; readonly headSeq: number },
  ): Promise<void> {
    const open = acked.commandIds.filter((id) => this.#deps.live.isOpen(id, baseId));
    if (open.length === 0) return;
    await this.#run(baseId, async (work) => {
      await noteAcked(work.tx, baseId, acked.headSeq);
      const own = await this.#deps.owned.commands(work.tx, { kind: 'base', id: baseId }, open);
      await this.#deps.reports.moveAll(work, own, {
        to: 'received',
        stage: STAGE.baseJournalled,
        actor: base(baseId),
      });
    });
  }

  /** The base refused an entry. */
  async refused(baseId: BaseId, commandId: CommandId, code: ErrorCode): Promise<void> {
    await this.#run(baseId, async (work) => {
      const own = await this.#deps.owned.commands(work.tx, { kind: 'base', id: baseId }, [
        commandId,
      ]);
      await this.#deps.reports.moveAll(work, own, {
        to: 'rejected',
        stage: STAGE.baseJournalled,
        code,
        actor: base(baseId),
      });
    });
  }

  /** Its own word counts against the place too: a base may have gone back to an older copy of its disk. */
  #isNeverHeld(command: CommandRecord, afterSeq: number): boolean {
    if (command.state === 'queued') return true;
    const wasHeld = command.heldAtMs !== null || this.#deps.live.stateOf(command.id) !== undefined;
    return !wasHeld && command.seq !== null && command.seq > afterSeq;
  }

  async #run(baseId: BaseId, work: (work: Work) => Promise<void>): Promise<void> {
    const { unitOfWork, shares } = this.#deps;
    await unitOfWork.run(
      async (held) => {
        await held.hold({ siteOf: baseId });
        await work(held);
      },
      await shares.accountOf(baseId),
    );
  }
}

function base(id: BaseId): Actor {
  return { kind: 'base', id };
}

function isOnItsWay({ seq }: CommandRecord, { afterSeq, sentSeq = 0 }: LogPlace): boolean {
  return seq !== null && seq > afterSeq && seq <= sentSeq;
}
