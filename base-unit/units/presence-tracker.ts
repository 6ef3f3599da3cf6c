import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitState } from '#protocol/presence.ts';
import type { PresenceNow } from '../drivers/port/unit-events.ts';

/** A unit's presence; reports only changes. */
export class PresenceTracker {
  readonly #publish: (presence: PresenceNow) => void;
  #now: PresenceNow;

  constructor(startedAtMs: number, publish: (presence: PresenceNow) => void) {
    this.#now = { state: 'init', atMs: Math.round(startedAtMs), lastContactAtMs: null };
    this.#publish = publish;
  }

  get now(): PresenceNow {
    return this.#now;
  }

  heard(atMs: number): void {
    this.#now = { ...this.#now, lastContactAtMs: Math.round(atMs) };
  }

  become(state: UnitState, code: ErrorCode | undefined, atMs: number): void {
    if (this.#now.state === state && this.#now.code === code) return;
    const { lastContactAtMs } = this.#now;
    const why = code === undefined ? {} : { code };
    this.#now = { state, ...why, atMs: Math.round(atMs), lastContactAtMs };
    this.#publish(this.#now);
  }

  /** Once more, for a hub that forgot; nothing where nothing is known yet. */
  republish(): void {
    if (this.#now.state !== 'init') this.#publish(this.#now);
  }
}
