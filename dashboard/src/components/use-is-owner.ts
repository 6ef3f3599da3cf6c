import { useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

/** Whether this user may change the site, and not only see and steer it. */
export function useIsOwner(): boolean {
  return useReadable(useSite().store.site)?.role === 'owner';
}
