import type { BaseTraceStep } from '#protocol/hub-link/base-events.ts';
import type { Confirmation } from '#protocol/device/device-mapping.ts';
import type { CommandId, DeviceId, UnitId } from '#protocol/ids.ts';
import type { CancelTimer } from '#platform/clock.ts';
import { Signal } from '#platform/signal.ts';
import type { DeliveryTracker } from '../domain/mqtt/delivery.ts';
import type { LiveSession } from '../domain/mqtt/live-session.ts';

/** A command on its way over a connection of this hub. */
export interface GivenCommand {
  readonly id: CommandId;
  readonly unitId: UnitId;
  readonly deviceId: DeviceId;
  readonly session: LiveSession;
  readonly confirmation: Confirmation;
  readonly expiresAtMs: number | null;
  readonly tracker: DeliveryTracker;
  /** Bytes have left: from here on it may be executed. */
  isWritten: boolean;
  /** It was withdrawn before it was written: it will not be sent. */
  isWithdrawn: boolean;
  /** It was sent over an earlier connection already. */
  readonly mayBeDone: boolean;
  /** Its connection has ended. */
  isOver: boolean;
  readonly steps: BaseTraceStep[];
  cancelTimer: CancelTimer | undefined;
}

/** Commands on their way over connections of this hub: as many as may wait per unit, at most. */
export class GivenCommands {
  readonly #given = new Map<CommandId, GivenCommand>();
  /** The end of one is stored: whoever has read before that it is open must not send it again. */
  readonly ended = new Signal<GivenCommand>();

  get size(): number {
    return this.#given.size;
  }

  get(id: CommandId): GivenCommand | undefined {
    return this.#given.get(id);
  }

  add(given: GivenCommand): void {
    this.#given.set(given.id, given);
  }

  remove(id: CommandId): void {
    this.#given.get(id)?.cancelTimer?.();
    this.#given.delete(id);
  }

  end(id: CommandId): void {
    const given = this.#given.get(id);
    if (!given) return;
    this.remove(id);
    this.ended.emit(given);
  }

  ofSession(session: LiveSession): readonly GivenCommand[] {
    return [...this.#given.values()].filter((given) => given.session === session);
  }

  ofDevice(id: DeviceId): readonly GivenCommand[] {
    return [...this.#given.values()].filter((given) => given.deviceId === id);
  }

  /** False only for what is known to be still here. */
  mayBeWritten(id: CommandId): boolean {
    return this.#given.get(id)?.isWritten ?? true;
  }

  close(): void {
    for (const { cancelTimer } of this.#given.values()) cancelTimer?.();
    this.#given.clear();
  }
}
