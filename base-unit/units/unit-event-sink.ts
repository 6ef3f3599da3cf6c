import type { BaseEventBody, ReadingsDropped } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import type { Store } from '../store/store.ts';
import type { UnitEvents } from '../drivers/port/unit-events.ts';

interface UnitEventSinkDeps {
  readonly store: Store;
  readonly writer: {
    readonly happened: (body: BaseEventBody, withinCommit?: () => void) => void;
    readonly readings: (unitId: UnitId, bootId: string, readings: readonly Reading[]) => void;
    readonly missed: (gap: ReadingsDropped) => void;
  };
}

/** Routes the events of units to the outbox and the list of units. */
export function unitEventSink({ store, writer }: UnitEventSinkDeps): UnitEvents {
  return {
    presence: (unitId, presence) => {
      writer.happened({ type: 'unit.presence', data: { unitId, ...presence } });
    },
    described: (data) => {
      const { unitId, hardwareId, bootId, description } = data;
      const reported = `${description['sb:schemaHash']} ${bootId} ${data.firmwareVersion}`;
      const unit = store.units.find(unitId);
      if (unit?.lastReported === reported) return;
      if (unit?.origin === 'added' && store.units.protection(unitId).kind === 'encrypted') {
        // It may be at the address of another unit; the hub believes that only now.
        const { name, address, link } = unit;
        const units = [{ unitId, name, address, link, isProven: true }];
        writer.happened({ type: 'units.declared', data: { units } });
      }
      writer.happened({ type: 'unit.described', data }, () => {
        store.units.learnHardwareId(unitId, hardwareId);
        store.units.markReported(unitId, reported);
      });
    },
    moved: (unitId, address) => {
      const unit = store.units.find(unitId);
      if (!unit) return;
      const { name, link } = unit;
      // The base looks elsewhere only for units with a key, and the handshake proved this one.
      const units = [{ unitId, name, address, link, isProven: true }];
      writer.happened({ type: 'units.declared', data: { units } }, () => {
        const left = store.units.find(unitId)?.address;
        const other = store.units.at(address);
        if (other && other.unitId !== unitId && left) store.units.move(other.unitId, left);
        store.units.move(unitId, address);
      });
    },
    readings: (unitId, bootId, readings) => {
      writer.readings(unitId, bootId, readings);
    },
    missed: (unitId, { fromMs, toMs, count }) => {
      writer.missed({ unitId, fromMs, toMs, count, reason: 'unit_full' });
    },
    happened: (data) => {
      writer.happened({ type: 'unit.event', data });
    },
  };
}
