import type { ReactNode } from 'react';
import { roleMay, type SitePermission } from '#protocol/access/permissions.ts';
import { PageNote } from '../components/page-note.tsx';
import { useSite } from '../components/services.ts';
import { useReadable } from '../components/use-readable.ts';

interface AllowedPageProps {
  /** Any one of them will do. */
  readonly to: readonly SitePermission[];
  readonly children: ReactNode;
}

/** A page that the hub would refuse entirely says so up front. */
export function AllowedPage({ to, children }: AllowedPageProps) {
  const role = useReadable(useSite().store.site)?.role;
  if (role === undefined || to.some((permission) => roleMay(role, permission))) return children;
  return (
    <PageNote
      title="Your role does not allow this"
      text={`You are a ${role} of this site. An owner can do this or change your role.`}
    />
  );
}
