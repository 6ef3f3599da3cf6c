interface MeterProps {
  /** 0 to 1. */
  readonly share: number;
  readonly label: string;
}

/** How far something is, as a bar and in percent. */
export function Meter({ share, label }: MeterProps) {
  const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100);
  return (
    <span className="meter">
      <progress value={percent} max={100} aria-label={label} />
      <span className="number small">{percent} %</span>
    </span>
  );
}
