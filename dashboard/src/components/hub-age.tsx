import { Age } from './age.tsx';
import { useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

/** The age of a time on the hub's clock. */
export function HubAge({ atMs, prefix }: { readonly atMs: number; readonly prefix?: string }) {
  const offsetMs = useReadable(useSite().store.clockOffsetMs);
  return <Age atMs={atMs - offsetMs} {...(prefix === undefined ? {} : { prefix })} />;
}
