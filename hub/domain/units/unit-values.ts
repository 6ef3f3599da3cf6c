import type { Actor } from '#protocol/events/actor.ts';
import { toInstant } from '#protocol/json.ts';
import type { PropertyState } from '#protocol/reading.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import {
  type PutReported,
  type SourcePlace,
  putReported,
  reportedValue,
} from '../../store/properties.ts';
import type { UnitRecord } from '../../store/units.ts';
import type { Work } from '../../store/unit-of-work.ts';
import type { UnitCache } from './unit-cache.ts';

/** The latest values of units. */
export class UnitValues {
  readonly #directory: UnitCache;

  constructor(deps: { readonly directory: UnitCache }) {
    this.#directory = deps.directory;
  }

  /**
   * Stores the newer value, and emits an event if the current value changed. Measured
   * numbers emit none: they are readings.
   */
  async put(
    work: Work,
    unit: Pick<UnitRecord, 'id' | 'key' | 'siteId'>,
    report: {
      readonly name: string;
      readonly state: PropertyState & { readonly place: SourcePlace };
      readonly actor: Actor;
    },
  ): Promise<PutReported> {
    const { name, actor } = report;
    const { position: readings } = await work.readingsPlace(unit.siteId);
    const state = { ...report.state, readings };
    const record = await this.#directory.findIn(work.tx, unit.id);
    const property = { unitKey: unit.key, name };
    if (!record || isMeasured(record.description, name)) {
      return await putReported(work.tx, property, state);
    }
    const before = await reportedValue(work.tx, property);
    const put = await putReported(work.tx, property, state);
    if (put.isInForce && before !== JSON.stringify(state.value)) {
      work.emit({
        site: unit.siteId,
        type: 'property.changed',
        actor,
        data: {
          unitId: unit.id,
          unitName: record.name,
          property: name,
          value: state.value,
          measuredAt: toInstant(state.measuredAtMs),
        },
      });
    }
    return put;
  }
}

/** A number that cannot be written: it comes as often as the unit likes. */
function isMeasured(description: ThingDescription | null, name: string): boolean {
  const properties = description?.properties ?? {};
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!property) return true;
  return property.readOnly && (property.type === 'number' || property.type === 'integer');
}
