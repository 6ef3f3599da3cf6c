import type { Readable } from '#client/cell.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import { useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

const NONE: Readable<undefined> = { get: () => undefined, subscribe: () => () => undefined };

/** The base that a unit stands behind; undefined where there is none, or none is known yet. */
export function useBaseOf({ endpoint }: Pick<UnitView, 'endpoint'>): BaseView | undefined {
  const { store } = useSite();
  const baseId = baseIdOf(endpoint);
  return useReadable<BaseView | undefined>(baseId === null ? NONE : store.bases.at(baseId));
}
