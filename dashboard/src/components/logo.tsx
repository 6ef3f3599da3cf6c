/** A semaphore with its arm lowered: line clear. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="var(--accent-ink)" strokeWidth="3" strokeLinecap="round">
        <path d="M11 26V7" />
        <path d="M11 10l13 5" />
      </g>
      <circle cx="11" cy="10" r="2.6" fill="var(--accent-ink)" />
    </svg>
  );
}
