import type { Selectable } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import type { BaseEndpoint, MqttDeviceEndpoint, UnitEndpoint } from '#protocol/unit-endpoint.ts';
import type { UnitsTable } from './schema/units.ts';

/** Behind a base, with the key of that base's row. */
export interface BaseEndpointRecord extends BaseEndpoint {
  readonly baseKey: number;
}

/** How a unit is reached, with the keys of the rows that it refers to. */
export type EndpointRecord = BaseEndpointRecord | MqttDeviceEndpoint;

export const ENDPOINT_COLUMNS = [
  'endpoint_kind',
  'base_key',
  'base_id',
  'host',
  'port',
  'link',
  'device_id',
] as const satisfies (keyof UnitsTable)[];

export type EndpointColumns = Pick<Selectable<UnitsTable>, (typeof ENDPOINT_COLUMNS)[number]>;

const NOWHERE = {
  ...{ base_key: null, base_id: null, host: null, port: null, link: null },
  device_id: null,
} as const;

/** @throws AppError `unit_unknown` for a kind that this version does not know */
export function endpointOf(row: EndpointColumns): EndpointRecord {
  const { endpoint_kind: kind, base_key, base_id, host, port, link, device_id } = row;
  switch (kind) {
    case 'base':
      if (base_key === null || base_id === null || host === null || port === null || link === null)
        break;
      return { kind, baseKey: base_key, baseId: base_id, address: { host, port }, link };
    case 'mqtt_device':
      if (device_id === null) break;
      return { kind, deviceId: device_id };
    default:
      kind satisfies never;
  }
  throw new AppError('unit_unknown', { details: { endpoint: kind } });
}

export function endpointColumns(endpoint: EndpointRecord): EndpointColumns {
  const { kind } = endpoint;
  switch (kind) {
    case 'base': {
      const { baseKey, baseId, address, link } = endpoint;
      const { host, port } = address;
      return {
        ...NOWHERE,
        endpoint_kind: kind,
        base_key: baseKey,
        base_id: baseId,
        host,
        port,
        link,
      };
    }
    case 'mqtt_device':
      return { ...NOWHERE, endpoint_kind: kind, device_id: endpoint.deviceId };
    default:
      return endpoint satisfies never;
  }
}

/** As clients see it: without keys of rows. */
export function endpointView(endpoint: EndpointRecord): UnitEndpoint {
  const { kind } = endpoint;
  switch (kind) {
    case 'base': {
      const { baseId, address, link } = endpoint;
      return { kind, baseId, address, link };
    }
    case 'mqtt_device':
      return endpoint;
    default:
      return endpoint satisfies never;
  }
}

/** The base that a unit is behind; undefined if there is none. */
export function baseOf(
  endpoint: EndpointRecord,
): { readonly key: number; readonly id: BaseEndpoint['baseId'] } | undefined {
  return endpoint.kind === 'base' ? { key: endpoint.baseKey, id: endpoint.baseId } : undefined;
}
