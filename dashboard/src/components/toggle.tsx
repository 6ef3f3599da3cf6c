import './toggle.css';

interface ToggleProps {
  readonly checked: boolean;
  readonly disabled?: boolean;
  /** Its accessible name, if there is no text next to it. */
  readonly accessibleName?: string;
  /** The text next to it. */
  readonly label?: string;
  readonly onChange: (checked: boolean) => void;
}

/** A switch: the browser's own checkbox, drawn as one. A board has many of them. */
export function Toggle({ checked, disabled, accessibleName, label, onChange }: ToggleProps) {
  const input = (
    <input
      type="checkbox"
      role="switch"
      className="toggle"
      aria-label={accessibleName}
      checked={checked}
      disabled={disabled}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
  if (label === undefined) return input;
  return (
    <label className="toggle-label">
      {input}
      {label}
    </label>
  );
}
