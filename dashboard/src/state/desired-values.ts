import type { Command } from '#protocol/command/command.ts';
import type { CommandId, UnitId } from '#protocol/ids.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { Clock } from '#client/clock.ts';
import type { Readable } from '#client/cell.ts';
import { KeyedCells } from './keyed-cells.ts';
import {
  newDesired,
  type DesiredValue,
  desiredAfterCommand,
  desiredAfterReport,
} from './desired-value.ts';

interface DesiredValuesDeps {
  readonly clock: Clock;
  readonly reportedOf: (unitId: UnitId, property: string) => ScalarValue | undefined;
}

/** How long a unit may take to report a confirmed value before the report counts again. */
const SETTLE_MS = 3_000;

type DesiredKey = `${UnitId}/${string}`;

/** The desired values set on this screen, one per property. */
export class DesiredValues {
  readonly #deps: DesiredValuesDeps;
  readonly #values = new KeyedCells<DesiredKey, DesiredValue>();
  readonly #settling = new Map<DesiredKey, () => void>();

  constructor(deps: DesiredValuesDeps) {
    this.#deps = deps;
  }

  at(unitId: UnitId, property: string): Readable<DesiredValue | undefined> {
    return this.#values.at(`${unitId}/${property}`);
  }

  want(
    unitId: UnitId,
    property: string,
    desired: Pick<DesiredValue, 'commandId' | 'value' | 'sinceMs'>,
  ): void {
    this.#put(`${unitId}/${property}`, newDesired(desired));
  }

  /** Whether nothing newer was set on this screen. */
  isCurrent(unitId: UnitId, property: string, commandId: CommandId): boolean {
    return this.at(unitId, property).get()?.commandId === commandId;
  }

  /** The hub did not accept it. */
  refuse(
    unitId: UnitId,
    property: string,
    refusal: { readonly commandId: CommandId; readonly code: ErrorCode },
  ): void {
    const { commandId, code } = refusal;
    const desired = this.at(unitId, property).get();
    if (desired?.commandId !== commandId) return;
    this.#put(`${unitId}/${property}`, { ...desired, phase: 'refused', state: 'rejected', code });
  }

  dismiss(unitId: UnitId, property: string): void {
    this.#put(`${unitId}/${property}`, undefined);
  }

  noteCommand(command: Command): void {
    const desired = this.at(command.unitId, command.affordance).get();
    if (!desired) return;
    const reported = this.#deps.reportedOf(command.unitId, command.affordance);
    const next = desiredAfterCommand(desired, command, reported);
    if (next !== desired) this.#put(`${command.unitId}/${command.affordance}`, next);
  }

  noteReport(unitId: UnitId, property: string, value: ScalarValue): void {
    const desired = this.at(unitId, property).get();
    if (!desired) return;
    const next = desiredAfterReport(desired, value);
    if (next !== desired) this.#put(`${unitId}/${property}`, next);
  }

  close(): void {
    for (const cancel of this.#settling.values()) cancel();
    this.#settling.clear();
  }

  #put(key: DesiredKey, desired: DesiredValue | undefined): void {
    this.#settling.get(key)?.();
    this.#settling.delete(key);
    if (!desired) {
      this.#values.delete(key);
      return;
    }
    this.#values.set(key, desired);
    if (desired.phase === 'settling') {
      this.#settling.set(
        key,
        this.#deps.clock.after(SETTLE_MS, () => this.#put(key, undefined)),
      );
    }
  }
}
