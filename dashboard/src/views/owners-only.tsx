import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { EmptyNote } from '../components/empty-note.tsx';
import { useSite } from '../components/services.ts';
import { useReadable } from '../components/use-readable.ts';

/** A page whose every step the hub would refuse to a member says so before the first one. */
export function OwnersOnly({ children }: { readonly children: ReactNode }) {
  const role = useReadable(useSite().store.site)?.role;
  const [, navigate] = useLocation();
  if (role !== 'member') return children;
  return (
    <EmptyNote
      title="Only owners can add"
      text="You are a member of this site: you see and control its units. An owner can add units and bases, or make you an owner."
    >
      <Button onClick={() => navigate('/')}>To the board</Button>
    </EmptyNote>
  );
}
