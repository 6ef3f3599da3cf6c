import type { BaseView } from '#protocol/http/bases.ts';
import type { BaseId } from '#protocol/ids.ts';
import { baseIdOf, type UnitEndpoint } from '#protocol/unit-endpoint.ts';

/** What is between the hub and a unit, and decides what can be known of the unit. */
export interface Carrier {
  readonly presence: Pick<BaseView['presence'], 'state'>;
  /** There is nothing between: the unit connects to the hub itself. */
  readonly isHub?: true;
}

const HUB_ITSELF: Carrier = { presence: { state: 'online' }, isHub: true };

/** Its base; nothing that could be away, where the unit connects to the hub itself. */
export function carrierOf(endpoint: UnitEndpoint, base: BaseView | undefined): Carrier | undefined {
  switch (endpoint.kind) {
    case 'base':
      return base;
    case 'mqtt_device':
      return HUB_ITSELF;
    default:
      return endpoint satisfies never;
  }
}

/** The same, of all bases that are known. */
export function carrierIn(
  bases: { readonly get: (id: BaseId) => BaseView | undefined },
  endpoint: UnitEndpoint,
): Carrier | undefined {
  const baseId = baseIdOf(endpoint);
  return carrierOf(endpoint, baseId === null ? undefined : bases.get(baseId));
}

/** Whether it speaks frames: only such a unit describes itself, and accepts firmware. */
export function speaksFrames(endpoint: UnitEndpoint): boolean {
  return endpoint.kind === 'base' && endpoint.link === 'frames';
}
