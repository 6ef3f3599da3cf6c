import type { DeviceId } from '#protocol/ids.ts';
import type { LiveSession } from '../domain/mqtt/live-session.ts';
import type { SessionPlace } from '../store/mqtt-sessions.ts';

/**
 * The connections that devices have at this hub: mostly one each, but a device may also publish
 * over one while it listens on another.
 */
export class DeviceSessions {
  /** The newest last. */
  readonly #byDevice = new Map<DeviceId, readonly LiveSession[]>();

  get devices(): readonly DeviceId[] {
    return [...this.#byDevice.keys()];
  }

  add(id: DeviceId, session: LiveSession): void {
    const known = this.#of(id);
    if (!known.includes(session)) this.#byDevice.set(id, [...known, session]);
  }

  remove(id: DeviceId, session: LiveSession): void {
    const left = this.#of(id).filter((one) => one !== session);
    if (left.length > 0) this.#byDevice.set(id, left);
    else this.#byDevice.delete(id);
  }

  at(id: DeviceId, place: SessionPlace): LiveSession | undefined {
    return this.#of(id).find((session) => isAt(session, place));
  }

  /** The newest of those that listen to anything. */
  bestOf(id: DeviceId): LiveSession | undefined {
    const all = this.#of(id);
    return all.findLast(({ subscriptions }) => subscriptions.size > 0) ?? all.at(-1);
  }

  #of(id: DeviceId): readonly LiveSession[] {
    return this.#byDevice.get(id) ?? [];
  }
}

export function isAt({ place }: LiveSession, other: SessionPlace): boolean {
  return isSamePlace(place, other);
}

export function isSamePlace(one: SessionPlace, other: SessionPlace): boolean {
  return one.key === other.key && one.generation === other.generation;
}
