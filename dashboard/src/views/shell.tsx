import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { lazyPart } from '../components/lazy-part.ts';
import { Link, useLocation } from 'wouter';
import { roleMay } from '#protocol/access/permissions.ts';
import type { SiteView } from '#protocol/http/accounts.ts';
import { SiteId } from '#protocol/ids.ts';
import { ActivityIcon, BoardIcon, PlusIcon, SettingsIcon } from '../components/icons.tsx';
import { Logo } from '../components/logo.tsx';
import { SelectField } from '../components/select-field.tsx';
import { useServices, useSignedIn } from '../components/services.ts';
import { useReadable } from '../components/use-readable.ts';
import { usePageChange } from './use-page-change.ts';
import './shell.css';

const KeysDialog = lazyPart(async () => (await import('./keys-dialog.tsx')).KeysDialog);

const PLACES = [
  { href: '/', label: 'Board', icon: BoardIcon },
  { href: '/add', label: 'Add', icon: PlusIcon },
  { href: '/activity', label: 'Activity', icon: ActivityIcon },
  { href: '/settings', label: 'Settings', icon: SettingsIcon },
] as const;

/** The place that a page belongs to: where its link back leads. */
function placeOf(location: string): string | undefined {
  if (/^\/(units|bases|commands)\//.test(location)) return '/';
  if (location.startsWith('/add/')) return '/add';
  return /^\/(firmware|devices|topics|connect)(\/|$)/.test(location) ? '/settings' : undefined;
}

interface ShellProps {
  readonly sites: readonly SiteView[];
  readonly children: ReactNode;
}

/** The frame around every view: where one is, where one can go, and the keys. */
export function Shell({ sites, children }: ShellProps) {
  const mayAdd = useMayAdd(sites);
  const [keysShown, setKeysShown] = useState(false);
  useGlobalKeys(() => setKeysShown(true));
  usePageChange('content');
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="shell-head">
        <div className="shell-head-inner">
          <Link href="/" className="shell-brand" aria-label="Signalbox, to the board">
            <Logo />
            <span className="shell-brand-word">Signalbox</span>
          </Link>
          <SiteName sites={sites} />
          <nav className="shell-nav" aria-label="Main">
            {PLACES.filter(({ href }) => mayAdd || href !== '/add').map(
              ({ href, label, icon: Icon }) => (
                <Place key={href} href={href} label={label}>
                  <Icon />
                </Place>
              ),
            )}
          </nav>
        </div>
      </header>
      <main id="content" className="shell-content" tabIndex={-1}>
        {children}
      </main>
      {keysShown ? (
        <Suspense>
          <KeysDialog onClose={() => setKeysShown(false)} />
        </Suspense>
      ) : null}
    </>
  );
}

/** Known from the list of sites before the site itself is, so that the tab bar keeps its places. */
function useMayAdd(sites: readonly SiteView[]): boolean {
  const { site } = useSignedIn();
  const role =
    useReadable(site.store.site)?.role ?? sites.find(({ id }) => id === site.siteId)?.role;
  return role !== undefined && roleMay(role, 'unit.place');
}

function Place({
  href,
  label,
  children,
}: {
  readonly href: string;
  readonly label: string;
  readonly children: ReactNode;
}) {
  const [location] = useLocation();
  const current = location === href ? 'page' : placeOf(location) === href ? 'true' : undefined;
  return (
    <Link href={href} className="shell-place" aria-current={current}>
      {children}
      <span>{label}</span>
    </Link>
  );
}

function SiteName({ sites }: Pick<ShellProps, 'sites'>) {
  const { site, showSite } = useSignedIn();
  const [location, navigate] = useLocation();
  const shown = useReadable(site.store.site);
  const name = shown?.name ?? sites.find(({ id }) => id === site.siteId)?.name ?? '';
  if (sites.length < 2) return <span className="shell-site">{name}</span>;
  return (
    <SelectField
      className="shell-site"
      aria-label="Site"
      value={site.siteId}
      options={sites.map(({ id, name: label }) => ({ value: id, label }))}
      onChange={(event) => {
        const chosen = SiteId.safeParse(event.currentTarget.value);
        if (!chosen.success) return;
        showSite(chosen.data);
        // A unit and a command are of one site, and would lead back to it.
        if (/^\/(?:units|commands)\//.test(location)) navigate('/');
      }}
    />
  );
}

/** Shortcuts that work everywhere except while typing, or when turned off. */
function useGlobalKeys(onShowKeys: () => void): void {
  const [location, navigate] = useLocation();
  const { singleKeys } = useServices();
  const enabled = useReadable(singleKeys);
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '?') onShowKeys();
      else if (event.key === '/') {
        event.preventDefault();
        if (location === '/') document.getElementById('unit-search')?.focus();
        else navigate('/?find');
      } else if (event.key === 'b') navigate('/');
      else if (event.key === 'a') navigate('/activity');
      else if (event.key === 's') navigate('/settings');
      else if (event.key === 'u') navigate('/add');
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [enabled, location, navigate, onShowKeys]);
}

/** A switch and a slider leave letters to the page. */
const TYPED_INTO =
  'input:not([type="checkbox"], [type="radio"], [type="range"]), textarea, select, [contenteditable]';

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest(`${TYPED_INTO}, [role="dialog"], [role="menu"]`) !== null
  );
}
