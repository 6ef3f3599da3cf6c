import type { Command } from '#protocol/command/command.ts';
import type { CommandId, UnitId } from '#protocol/ids.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { Clock } from '#client/clock.ts';
import type { Readable } from '#client/cell.ts';
import { KeyedCells } from './keyed-cells.ts';
import { newWish, type Wish, wishAfterCommand, wishAfterReport } from './wish.ts';

interface WishStoreDeps {
  readonly clock: Clock;
  readonly reportedOf: (unitId: UnitId, property: string) => ScalarValue | undefined;
}

/** How long a unit that said yes may take to report the value before the report counts again. */
const SETTLE_MS = 3_000;

type WishKey = `${UnitId}/${string}`;

/** The wishes of this screen, one for each property that somebody touched. */
export class WishStore {
  readonly #deps: WishStoreDeps;
  readonly #wishes = new KeyedCells<WishKey, Wish>();
  readonly #settling = new Map<WishKey, () => void>();

  constructor(deps: WishStoreDeps) {
    this.#deps = deps;
  }

  at(unitId: UnitId, property: string): Readable<Wish | undefined> {
    return this.#wishes.at(`${unitId}/${property}`);
  }

  want(
    unitId: UnitId,
    property: string,
    wish: Pick<Wish, 'commandId' | 'value' | 'sinceMs'>,
  ): void {
    this.#put(`${unitId}/${property}`, newWish(wish));
  }

  /** Whether nobody at this screen has wished anything newer. */
  isCurrent(unitId: UnitId, property: string, commandId: CommandId): boolean {
    return this.at(unitId, property).get()?.commandId === commandId;
  }

  /** The hub did not even take it. */
  refuse(unitId: UnitId, property: string, commandId: CommandId, code: ErrorCode): void {
    const wish = this.at(unitId, property).get();
    if (wish?.commandId !== commandId) return;
    this.#put(`${unitId}/${property}`, { ...wish, phase: 'refused', state: 'rejected', code });
  }

  dismiss(unitId: UnitId, property: string): void {
    this.#put(`${unitId}/${property}`, undefined);
  }

  noteCommand(command: Command): void {
    const wish = this.at(command.unitId, command.affordance).get();
    if (!wish) return;
    const reported = this.#deps.reportedOf(command.unitId, command.affordance);
    const next = wishAfterCommand(wish, command, reported);
    if (next !== wish) this.#put(`${command.unitId}/${command.affordance}`, next);
  }

  noteReport(unitId: UnitId, property: string, value: ScalarValue): void {
    const wish = this.at(unitId, property).get();
    if (!wish) return;
    const next = wishAfterReport(wish, value);
    if (next !== wish) this.#put(`${unitId}/${property}`, next);
  }

  close(): void {
    for (const cancel of this.#settling.values()) cancel();
    this.#settling.clear();
  }

  #put(key: WishKey, wish: Wish | undefined): void {
    this.#settling.get(key)?.();
    this.#settling.delete(key);
    if (!wish) {
      this.#wishes.delete(key);
      return;
    }
    this.#wishes.set(key, wish);
    if (wish.phase === 'settling') {
      this.#settling.set(
        key,
        this.#deps.clock.after(SETTLE_MS, () => this.#put(key, undefined)),
      );
    }
  }
}
