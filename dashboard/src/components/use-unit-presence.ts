import type { UnitView } from '#protocol/http/units.ts';
import { type PresenceView, viewUnitPresence } from '../state/presence-view.ts';
import { useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

/** A unit's presence as far as this page knows it. */
export function useUnitPresence(unit: UnitView): PresenceView {
  const { store, channel } = useSite();
  const base = useReadable(store.bases.at(unit.baseId));
  const { kind } = useReadable(channel.status);
  return viewUnitPresence(unit, base, kind === 'live' || kind === 'connecting');
}
