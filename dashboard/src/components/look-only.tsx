import { roleMay } from '#protocol/access/permissions.ts';
import { useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

/** Why every control is off, for those who may not use them. */
export function LookOnly() {
  const role = useReadable(useSite().store.site)?.role;
  if (role === undefined || roleMay(role, 'unit.control')) return null;
  return <p className="soft small">You are a {role} of this site: you can look, not control.</p>;
}
