import { roleMay, type SitePermission } from '#protocol/access/permissions.ts';
import { useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

/** Whether this person's role at the site has a permission; not before the site is known. */
export function useMay(permission: SitePermission): boolean {
  const role = useReadable(useSite().store.site)?.role;
  return role !== undefined && roleMay(role, permission);
}
