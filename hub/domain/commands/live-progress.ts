import type { Command, TraceStep } from '#protocol/command/command.ts';
import type { SitePartBody } from '#protocol/hub-link/site-channel.ts';
import type { BaseId, CommandId, SiteId, UnitId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';

/** Progress that is stored nowhere: the end of a command brings the whole trace. */
export type ProgressState = 'received' | 'running';

/** Who reports of a command: the base that carries it, or the unit itself. */
export type Carrier = BaseId | UnitId;

interface OpenCommand {
  readonly carrier: Carrier;
  readonly siteId: SiteId;
  /** Reports since then; the last one is the current progress. */
  readonly steps: TraceStep[];
}

/** Open commands that are followed; of more the oldest are followed no longer. */
const MAX_FOLLOWED = 20_000;
const RANK: Readonly<Record<string, number>> = {
  queued: 0,
  dispatched: 1,
  received: 2,
  running: 3,
};

/**
 * Progress of commands that may have been sent and have not ended, as reported by who carries
 * them. In memory only: the fact that a command may have been sent is stored before it
 * is sent.
 */
export class LiveProgress {
  readonly #open = new Map<CommandId, OpenCommand>();
  readonly #maxFollowed: number;

  constructor(deps: { readonly maxFollowed?: number } = {}) {
    this.#maxFollowed = deps.maxFollowed ?? MAX_FOLLOWED;
  }

  get size(): number {
    return this.#open.size;
  }

  /** It may have been sent to this carrier. */
  sent(id: CommandId, to: { readonly carrier: Carrier; readonly siteId: SiteId }): void {
    if (this.#open.has(id)) return;
    this.#open.set(id, { ...to, steps: [] });
    if (this.#open.size <= this.#maxFollowed) return;
    for (const oldest of this.#open.keys()) {
      this.#open.delete(oldest);
      break;
    }
  }

  ended(id: CommandId): void {
    this.#open.delete(id);
  }

  /** Whether it is followed: of this carrier, and not ended. */
  isOpen(id: CommandId, carrier: Carrier): boolean {
    return this.#open.get(id)?.carrier === carrier;
  }

  /** @returns the site to publish it to; undefined, and nothing noted, where it is no news, or not of a command that this carrier has. */
  note(
    id: CommandId,
    carrier: Carrier,
    step: TraceStep & { readonly state: ProgressState },
  ): SiteId | undefined {
    const open = this.#open.get(id);
    if (open?.carrier !== carrier) return undefined;
    const before = open.steps.at(-1)?.state;
    if (before !== undefined && rankOf(before) >= rankOf(step.state)) return undefined;
    open.steps.push(step);
    return open.siteId;
  }

  /** Another hub has noted it, of a command that is followed here. */
  heard({ commandId, state, step }: SitePartBody<'command.progress'>): void {
    const open = this.#open.get(commandId);
    if (open) this.note(commandId, open.carrier, { ...step, state });
  }

  /** Its progress; undefined: as stored. */
  stateOf(id: CommandId): ProgressState | undefined {
    const state = this.#open.get(id)?.steps.at(-1)?.state;
    return state === 'received' || state === 'running' ? state : undefined;
  }

  /** When it was first reported to be so far, or further; undefined: nobody did. */
  reachedMs(id: CommandId, state: ProgressState): number | undefined {
    const steps = this.#open.get(id)?.steps ?? [];
    const first = steps.find((step) => rankOf(step.state ?? '') >= rankOf(state));
    return first && fromInstant(first.at);
  }

  /** The stored steps with those that only this memory has. */
  overTrace(id: CommandId, stored: readonly TraceStep[]): TraceStep[] {
    const known = new Set(stored.map(({ state }) => state));
    const steps = this.#open.get(id)?.steps ?? [];
    return [...stored, ...steps.filter(({ state }) => !known.has(state))];
  }

  /** A stored command with its current progress. */
  over(command: Command): Command {
    const state = this.stateOf(command.id);
    if (state === undefined || !Object.hasOwn(RANK, command.state)) return command;
    return rankOf(state) > rankOf(command.state) ? { ...command, state } : command;
  }
}

function rankOf(state: string): number {
  return RANK[state] ?? 0;
}
