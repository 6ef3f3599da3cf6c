import type { Logger } from 'pino';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitsDeclared } from '#protocol/hub-link/base-events.ts';
import type { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { CommandTask } from '../drivers/port/command-task.ts';
import type { PresenceNow } from '../drivers/port/unit-events.ts';
import type { UnitProtection } from '../store/unit-protection.ts';
import { Unit, type UnitDeps } from './unit.ts';

export interface ConfiguredUnit {
  readonly name: string;
  readonly address: UnitAddress;
  readonly link: UnitLinkKind;
}

export interface UnitRegistryDeps extends Omit<UnitDeps, 'elsewhere' | 'whenFree'> {
  readonly log: Logger;
  readonly units: {
    readonly all: () => StoredUnit[];
    readonly replaceByHub: (units: readonly UnitAssignment[]) => void;
    readonly changeByHub: (units: readonly UnitAssignment[], removed: readonly UnitId[]) => void;
    readonly putFromConfig: (unit: Omit<UnitAssignment, 'hardwareId'>) => void;
    readonly remove: (unitId: UnitId) => void;
  };
}

export interface UnitStatus {
  readonly unitId: UnitId;
  readonly name: string;
  readonly address: UnitAddress;
  readonly hardwareId: string | null;
  readonly presence: PresenceNow;
  readonly isConnected: boolean;
  readonly waiting: number;
}

/** More units than this are first dialled one after the other instead of at once ... */
const MAX_AT_ONCE = 8;
/** ... with so much time for each, on average ... */
const START_SPREAD_PER_UNIT_MS = 30;
/** ... and within this time at most. Semaphores bound concurrent dials and handshakes. */
const MAX_START_SPREAD_MS = 30_000;

/** Why a unit is lost that a key, or the word that it has none, can bring back. */
const NEEDS_ANOTHER_KEY: ReadonlySet<ErrorCode> = new Set([
  'unit_key_missing',
  'unit_key_wrong',
  'unit_encryption_required',
  'unit_encryption_missing',
]);

/** The units of this base: one per address, and one session at most with each. */
export class UnitRegistry {
  readonly #deps: UnitRegistryDeps;
  readonly #units = new Map<UnitId, Unit>();
  /** Units that cannot be served, and why. */
  readonly #refused = new Map<UnitId, ErrorCode>();
  /** Addresses that a unit still has a session at, and is leaving. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(deps: UnitRegistryDeps) {
    this.#deps = deps;
  }

  /** Serves the units that are known from before, and those of the configuration. */
  start(configured: readonly ConfiguredUnit[]): UnitsDeclared['units'] {
    const declared = this.#keepConfigured(configured);
    this.#serve(this.#deps.units.all());
    return [...declared, ...this.#added()];
  }

  /**
   * Serves units that a person at this base has added, or given a key, meanwhile.
   * @returns those that the hub does not have yet.
   */
  reloadUnits(): UnitsDeclared['units'] {
    this.refresh();
    for (const unit of this.#units.values()) {
      const { code } = unit.presence;
      if (code !== undefined && NEEDS_ANOTHER_KEY.has(code)) unit.connectNow();
    }
    return this.#added();
  }

  /** A hub that was put back from a copy may not know them: those of the configuration, and those added here. */
  declareAgain(configured: readonly ConfiguredUnit[]): UnitsDeclared['units'] {
    const declared = this.#keepConfigured(configured);
    this.refresh();
    return [...declared, ...this.#added()];
  }

  /** What units said of themselves, as far as it is known now; of the others, once they are reached. */
  describeAgain(): void {
    for (const unit of this.#units.values()) unit.describeAgain();
  }

  /** The hub's whole list. Call inside the transaction that journals it; then call {@link refresh}. */
  replace(units: readonly UnitAssignment[]): void {
    this.#deps.units.replaceByHub(units);
  }

  /** What changed in the hub's list. @see replace */
  change(units: readonly UnitAssignment[], removed: readonly UnitId[]): void {
    this.#deps.units.changeByHub(units, removed);
  }

  /** Acts on what was stored: removals, moves and additions, at once. */
  refresh(): void {
    this.#serve(this.#deps.units.all());
  }

  /** Gives a command to its unit. */
  submit(task: CommandTask): ErrorCode | undefined {
    const unit = this.#units.get(task.command.unitId);
    if (!unit) return this.#refused.get(task.command.unitId) ?? 'unit_unknown';
    unit.submit(task);
    return undefined;
  }

  /** Whether a command would leave right after it is submitted, and is harmless to repeat. */
  leavesAtOnce(command: IssuedCommand): boolean {
    return this.#units.get(command.unitId)?.leavesAtOnce(command) ?? false;
  }

  /** @returns false when it is too late to cancel the command. */
  cancel({ id, unitId }: IssuedCommand): boolean {
    return this.#units.get(unitId)?.cancel(id) ?? false;
  }

  has(unitId: UnitId): boolean {
    return this.#units.has(unitId);
  }

  /** There is work beside commands for this unit. */
  nudge(unitId: UnitId): void {
    this.#units.get(unitId)?.nudge();
  }

  republishPresence(): void {
    for (const unit of this.#units.values()) unit.republishPresence();
  }

  status(): UnitStatus[] {
    return [...this.#units.values()].map((unit) => ({
      unitId: unit.stored.unitId,
      name: unit.stored.name,
      address: unit.stored.address,
      hardwareId: unit.hardwareId,
      presence: unit.presence,
      isConnected: unit.isConnected,
      waiting: unit.waiting,
    }));
  }

  async close(): Promise<void> {
    const closing = [...this.#units.values()].map(async (unit) => unit.close());
    this.#units.clear();
    await Promise.all([...closing, ...this.#leaving.values()]);
  }

  #added(): UnitsDeclared['units'] {
    return this.#deps.units
      .all()
      .filter(({ origin }) => origin === 'added')
      .map(({ unitId, name, address, link }) => ({ unitId, name, address, link }));
  }

  /** A configured unit keeps its id over restarts: it is found again by its address. */
  #keepConfigured(configured: readonly ConfiguredUnit[]): UnitsDeclared['units'] {
    const known = this.#deps.units.all();
    const wanted = new Map(configured.map((unit) => [keyOf(unit.address), unit]));
    for (const { unitId, origin, address } of known) {
      if (origin === 'config' && !wanted.has(keyOf(address))) this.#deps.units.remove(unitId);
    }
    const declared: UnitsDeclared['units'] = [];
    for (const { name, address, link } of wanted.values()) {
      const before = known.find((unit) => keyOf(unit.address) === keyOf(address));
      // The hub knows it by now, and its word counts.
      if (before?.origin === 'hub') continue;
      const unitId = before?.unitId ?? newId(UnitId);
      this.#deps.units.putFromConfig({ unitId, name, address, link });
      declared.push({ unitId, name, address, link });
    }
    return declared;
  }

  #serve(units: readonly StoredUnit[]): void {
    // The hub's own come first: a configured unit that it has under another id steps back.
    const ordered = [...units].sort((a, b) => b.origin.localeCompare(a.origin));
    const served = new Map<string, StoredUnit>();
    this.#refused.clear();
    for (const unit of ordered) {
      const key = keyOf(unit.address);
      const other = served.get(key);
      if (other && !this.#isReplacedBy(other, unit)) {
        this.#refused.set(unit.unitId, 'unit_address_taken');
        continue;
      }
      if (other) this.#refused.set(other.unitId, 'unit_address_taken');
      served.set(key, unit);
    }
    const wanted = new Map([...served.values()].map((unit) => [unit.unitId, unit]));
    for (const unitId of this.#units.keys()) {
      if (!wanted.has(unitId)) this.#remove(unitId);
    }
    this.#publishRefused();
    const fresh = [...wanted.values()].filter((unit) => !this.#units.has(unit.unitId));
    for (const unit of wanted.values()) this.#update(unit);
    const wantedMs = fresh.length > MAX_AT_ONCE ? fresh.length * START_SPREAD_PER_UNIT_MS : 0;
    const spreadMs = Math.min(MAX_START_SPREAD_MS, wantedMs);
    for (const unit of fresh) this.#add(unit, spreadMs);
  }

  /** A unit just added at the address of one that does not answer is connected instead; its key decides. */
  #isReplacedBy(other: StoredUnit, unit: StoredUnit): boolean {
    const isAway = this.#units.get(other.unitId)?.presence.state === 'lost';
    return unit.origin === 'added' && (isAway || this.#refused.has(other.unitId));
  }

  #publishRefused(): void {
    for (const [unitId, code] of this.#refused) {
      this.#deps.log.warn({ unitId, code }, 'unit not served');
      const atMs = Math.round(this.#deps.clock.nowMs());
      this.#deps.events.presence(unitId, { state: 'lost', code, atMs, lastContactAtMs: null });
    }
  }

  #add(stored: StoredUnit, spreadMs: number): void {
    const unit: Unit = new Unit(stored, {
      ...this.#deps,
      whenFree: async (address) => this.#leaving.get(keyOf(address)),
      elsewhere: (hardwareId) => this.#elsewhere(hardwareId, unit),
    });
    this.#units.set(stored.unitId, unit);
    unit.start(unit.losesReadings ? 0 : spreadMs * this.#deps.random());
  }

  /**
   * What a unit says of its hardware anybody may say: a key proves that it is
   * the unit it was given for, and nothing of another. So no claim of another
   * keeps a unit out that its own key has proven; who of the two is wrong, a
   * person has to find out.
   */
  #elsewhere(hardwareId: string, unit: Unit): 'no' | 'yes' | 'conflict' {
    const others = [...this.#units.values()].filter(
      (other) => other !== unit && other.hardwareId === hardwareId,
    );
    if (others.length === 0) return 'no';
    const { protectionOf } = this.#deps;
    const own = protectionOf(unit.stored);
    const isApart = others.every(({ stored }) => areApart(own, protectionOf(stored)));
    return isApart ? 'conflict' : 'yes';
  }

  #remove(unitId: UnitId): void {
    const unit = this.#units.get(unitId);
    this.#units.delete(unitId);
    this.#deps.maintenance?.removed(unitId);
    if (!unit) return;
    this.#leave(unit.stored.address, unit.remove());
  }

  #update(stored: StoredUnit): void {
    const unit = this.#units.get(stored.unitId);
    if (!unit) return;
    const { address } = unit.stored;
    unit.update(stored);
    if (keyOf(address) !== keyOf(stored.address)) this.#leave(address, unit.idle());
  }

  #leave(address: UnitAddress, left: Promise<void>): void {
    const key = keyOf(address);
    const before = this.#leaving.get(key);
    const leaving = Promise.all([before, left])
      .catch((error: unknown) => {
        this.#deps.log.error({ err: error }, 'unit close failed');
      })
      .then(() => {
        if (this.#leaving.get(key) === leaving) this.#leaving.delete(key);
      });
    this.#leaving.set(key, leaving);
  }
}

function keyOf({ host, port }: UnitAddress): string {
  return `${host.toLowerCase()} ${port}`;
}

/** Whether who has proven itself by `own` cannot be who is spoken to by `other`. */
function areApart(own: UnitProtection, other: UnitProtection): boolean {
  if (own.kind !== 'encrypted') return false;
  return other.kind !== 'encrypted' || !Buffer.from(own.key).equals(other.key);
}
