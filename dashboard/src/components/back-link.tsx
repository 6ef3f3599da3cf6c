import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { BackIcon } from './icons.tsx';
import './back-link.css';

interface BackLinkProps {
  readonly href: string;
  readonly children: ReactNode;
}

/** The way up, named after where it leads. */
export function BackLink({ href, children }: BackLinkProps) {
  return (
    <Link href={href} className="back-link">
      <BackIcon size={18} />
      {children}
    </Link>
  );
}
