import type { ReactNode } from 'react';
import { PageError } from '../components/page-error.tsx';
import { useSite } from '../components/services.ts';
import { useReadable } from '../components/use-readable.ts';

interface WhenLoadedProps {
  /** What is missing meanwhile: `unit`. */
  readonly noun: 'unit' | 'base';
  readonly children: ReactNode;
}

const TITLES = { unit: 'Unit', base: 'Base' } as const;

/** For what a site may have: what is not in it is missing only once the site is loaded. */
export function WhenLoaded({ noun, children }: WhenLoadedProps) {
  const { collection } = useSite();
  const status = useReadable(collection.status);
  switch (status.phase) {
    case 'loading':
      return <div className="view" aria-busy="true" />;
    case 'failed':
      return (
        <PageError
          title={TITLES[noun]}
          code={status.code}
          lead={`The ${noun} could not be loaded.`}
          onRetry={() => collection.load()}
        />
      );
    case 'ready':
      return children;
    default:
      return status satisfies never;
  }
}
