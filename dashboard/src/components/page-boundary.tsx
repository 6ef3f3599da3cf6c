import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Button } from './button.tsx';
import { EmptyNote } from './empty-note.tsx';
import { ErrorBoundary } from './error-boundary.tsx';

/** Shows an error in place of a page that fails to render; the frame and the navigation stay. */
export function PageBoundary({ children }: { readonly children: ReactNode }) {
  const [location, navigate] = useLocation();
  return (
    <ErrorBoundary
      resetKey={location}
      fallback={(retry) => (
        <div role="alert">
          <EmptyNote
            isPage
            title="This page cannot be shown"
            text="Part of it could not be displayed. Your units are not affected."
          >
            <div className="row-wrap">
              <Button onClick={retry}>Try again</Button>
              <Button variant="default" onClick={() => navigate('/')}>
                Go to the board
              </Button>
              <Button variant="default" onClick={() => window.location.reload()}>
                Reload
              </Button>
            </div>
          </EmptyNote>
        </div>
      )}
    >
      {children}
    </ErrorBoundary>
  );
}
