import { useEffect, useState } from 'react';
import type { BaseId } from '#protocol/ids.ts';
import { useServices } from '../../components/services.ts';
import { useReadable } from '../../components/use-readable.ts';
import { systemClock } from '#client/clock.ts';
import { type SearchView, UnitSearch } from '../../state/unit-search.ts';

/** What the base sees, while this is on screen. */
export function useUnitSearch(baseId: BaseId): SearchView {
  const { siteApi } = useServices();
  const [search] = useState(
    () => new UnitSearch({ baseId, discover: siteApi.discover, clock: systemClock }),
  );
  useEffect(() => {
    search.start();
    return () => search.close();
  }, [search]);
  return useReadable(search.view);
}
