import { answerTopicsOf } from '#protocol/device/mapped-answer.ts';
import type { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { bagOf } from '#protocol/device/property-bag.ts';
import type { DeviceId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import { topicsOfDevice } from '../domain/devices/device-rights.ts';
import type { TopicGrant } from '../kernel/topic-rights.ts';
import { type MappedUnitRecord, mappedUnitsOf, parsedMapping } from '../store/mapped-units.ts';
import type { Db } from '../store/schema.ts';

const MAX_CACHED = 2_000;

/** A device that is a unit, with its mapping at hand. */
export interface MappedDevice {
  readonly unit: MappedUnitRecord;
  readonly mapping: DeviceMapping;
  readonly topics: TopicGrant;
  /** As the mapping writes a topic of the site: more than one name may lead to it. */
  readonly namesOf: (topic: string) => readonly string[];
  /** Whether it answers to commands at this topic of the site. */
  readonly answersAt: (topic: string) => boolean;
}

type Prepared = Omit<MappedDevice, 'unit'> & { readonly key: string };

/** Devices that are units. What a mapping is made into is cached with its text. */
export class MappedDevices {
  readonly #cache = new LruCache<DeviceId, Prepared>(MAX_CACHED);

  /** As the database has them now. */
  async find(db: Db, ids: readonly DeviceId[]): Promise<ReadonlyMap<DeviceId, MappedDevice>> {
    const found = new Map<DeviceId, MappedDevice>();
    for (const [id, unit] of await mappedUnitsOf(db, ids)) {
      const prepared = this.#prepared(unit);
      if (prepared) found.set(id, { unit, ...prepared });
    }
    return found;
  }

  #prepared(unit: MappedUnitRecord): Prepared | undefined {
    const { device, mappingText } = unit;
    const key = [device.siteId, device.clientId, device.topicSpace ?? '', mappingText].join('\n');
    const known = this.#cache.get(device.id);
    if (known?.key === key) return known;
    const mapping = parsedMapping(mappingText);
    if (!mapping) return undefined;
    const topics = topicsOfDevice(device);
    const names = new Map<string, string[]>();
    for (const name of new Set(readTopics(mapping))) {
      const place = topics.locate(name);
      // What is not its own it may not publish at either.
      if (!place || !topics.mayPublish(place)) continue;
      names.set(place.topic, [...(names.get(place.topic) ?? []), name]);
    }
    const answers = new Set(
      answerTopicsOf(mapping).flatMap((name) => topics.locate(name)?.topic ?? []),
    );
    const prepared: Prepared = {
      ...{ key, mapping, topics },
      namesOf: (topic) => names.get(topic) ?? names.get(bagOf(topic)?.topic ?? '') ?? [],
      answersAt: (topic) => answers.has(topic),
    };
    this.#cache.set(device.id, prepared);
    return prepared;
  }
}

function readTopics({ properties, events }: DeviceMapping): string[] {
  const sources = properties.flatMap(({ source }) => source?.topic ?? []);
  return [...sources, ...events.map(({ topic }) => topic)];
}
