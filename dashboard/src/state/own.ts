/**
 * What a record holds under a name that others gave. Names of properties are
 * a unit's own words: `constructor` must not find what every object has.
 */
export function own<V>(
  record: Readonly<Record<string, V>> | undefined | null,
  name: string,
): V | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
