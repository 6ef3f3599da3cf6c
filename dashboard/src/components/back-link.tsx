import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { BackIcon } from './icons.tsx';
import './back-link.css';

interface BackLinkProps {
  readonly href: string;
  readonly children: ReactNode;
}

/** The link one level up, named after its target. */
export function BackLink({ href, children }: BackLinkProps) {
  return (
    <Link href={href} className="back-link">
      <BackIcon size={18} />
      {children}
    </Link>
  );
}
