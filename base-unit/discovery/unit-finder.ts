import { createHash } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import {
  DiscoveryAnswer,
  type DiscoveryRequest,
  FoundUnit,
  type ProbeAnswer,
  type ProbeRequest,
} from '#protocol/hub-link/discovery.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { Probed } from '../drivers/framed/probe-address.ts';
import type { Discovery } from './discovery.ts';

export interface UnitFinderDeps {
  readonly clock: Clock;
  readonly discovery?: Pick<Discovery, 'query' | 'found'>;
  readonly units: { readonly all: () => StoredUnit[] };
  readonly probe: (address: UnitAddress) => Promise<Probed>;
  readonly serialPorts: () => Promise<string[]>;
}

/** Discoveries that wait for something new at a time; one more is refused. */
const MAX_WAITING = 8;
const LOOK_EVERY_MS = 250;
/** Limits what a hub can request: a base is no port scanner. */
const MAX_PROBES_AT_ONCE = 2;
const MAX_PROBES = 30;
const PROBE_WINDOW_MS = 60_000;

/** Remote discovery for the base's owner: units on its network, and probes of an address. */
export class UnitFinder {
  readonly #deps: UnitFinderDeps;
  readonly #pauses = new Map<CancelTimer, () => void>();
  #waiting = 0;
  #probing = 0;
  #probedAtMs: number[] = [];
  #isClosed = false;

  constructor(deps: UnitFinderDeps) {
    this.#deps = deps;
  }

  /**
   * The current list; if it equals `revision`, waits briefly for a change.
   *
   * @throws AppError `rate_limited` when too many wait.
   */
  async discover({ revision }: DiscoveryRequest): Promise<DiscoveryAnswer> {
    if (this.#waiting >= MAX_WAITING) throw new AppError('rate_limited');
    this.#waiting += 1;
    try {
      const { clock, discovery } = this.#deps;
      discovery?.query();
      const endsAtMs = clock.monotonicMs() + LIMITS.discoveryHoldMs;
      for (;;) {
        const answer = await this.#look();
        const isOver = clock.monotonicMs() >= endsAtMs || this.#isClosed;
        if (answer.revision !== revision || isOver) return answer;
        await this.#pause();
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  /** @throws AppError `rate_limited`, since a hub might have addresses tried one after the other. */
  async probe({ address }: ProbeRequest): Promise<ProbeAnswer> {
    const announced = this.#found().find((unit) => isSame(unit.address, address));
    const unit = announced
      ? this.#unitOf(announced)
      : this.#deps.units.all().find((one) => isSame(one.address, address));
    const about = {
      unitId: unit?.unitId ?? null,
      announced: announced ? { hardwareId: announced.hardwareId, model: announced.model } : null,
    };
    if (unit) return { ...about, outcome: 'added', code: null };
    this.#countProbe();
    this.#probing += 1;
    try {
      return { ...about, ...(await this.#deps.probe(address)) };
    } finally {
      this.#probing -= 1;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const [cancel, resume] of this.#pauses) {
      cancel();
      resume();
    }
    this.#pauses.clear();
  }

  async #look(): Promise<DiscoveryAnswer> {
    const { discovery, serialPorts } = this.#deps;
    const all = this.#found();
    // In turn by who announces them, so that one who announces many hides nobody.
    const units = all.slice(0, LIMITS.foundUnits).sort((a, b) => order(a).localeCompare(order(b)));
    const content = {
      isSearching: discovery !== undefined,
      units,
      omitted: all.length - units.length,
      serialPorts: await serialPorts(),
    };
    const revision = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
    return DiscoveryAnswer.parse({ revision, ...content });
  }

  /** Announcements are validated one by one: a bad one costs only itself. */
  #found(): FoundUnit[] {
    const found = this.#deps.discovery?.found() ?? [];
    return found.flatMap((announced) => {
      const unit = FoundUnit.safeParse({
        ...announced,
        unitId: this.#unitOf(announced)?.unitId ?? null,
      });
      return unit.success ? [unit.data] : [];
    });
  }

  /** By its hardware id, or by an address if it was never reached. */
  #unitOf(found: Pick<FoundUnit, 'hardwareId' | 'address'>): StoredUnit | undefined {
    const all = this.#deps.units.all();
    return (
      all.find(({ hardwareId }) => hardwareId === found.hardwareId) ??
      all.find(({ hardwareId, address }) => hardwareId === null && isSame(address, found.address))
    );
  }

  #countProbe(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    this.#probedAtMs = this.#probedAtMs.filter((atMs) => nowMs - atMs < PROBE_WINDOW_MS);
    if (this.#probing >= MAX_PROBES_AT_ONCE || this.#probedAtMs.length >= MAX_PROBES) {
      throw new AppError('rate_limited');
    }
    this.#probedAtMs.push(nowMs);
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(LOOK_EVERY_MS, () => {
        this.#pauses.delete(cancel);
        resolve();
      });
      this.#pauses.set(cancel, resolve);
    });
  }
}

function order({ hardwareId, address: { host, port } }: FoundUnit): string {
  return `${hardwareId} ${host} ${port}`;
}

function isSame(a: UnitAddress, b: UnitAddress): boolean {
  return a.port === b.port && a.host.toLowerCase() === b.host.toLowerCase();
}
