import type { UnitView } from '#protocol/http/units.ts';
import { type PresenceView, viewUnitPresence } from '../state/presence-view.ts';
import { carrierOf } from '../state/carrier.ts';
import { useSite } from './services.ts';
import { useBaseOf } from './use-base-of.ts';
import { useReadable } from './use-readable.ts';

/** A unit's presence as far as this page knows it. */
export function useUnitPresence(unit: UnitView): PresenceView {
  const { channel } = useSite();
  const carrier = carrierOf(unit.endpoint, useBaseOf(unit));
  const { kind } = useReadable(channel.status);
  return viewUnitPresence(unit, carrier, kind === 'live' || kind === 'connecting');
}
