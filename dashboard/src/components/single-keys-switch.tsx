import { useServices } from './services.ts';
import { Toggle } from './toggle.tsx';
import { useReadable } from './use-readable.ts';

/** Turns the keys without a modifier on and off (WCAG 2.1.4). */
export function SingleKeysSwitch() {
  const { singleKeys } = useServices();
  return (
    <Toggle
      label="Single-key shortcuts"
      checked={useReadable(singleKeys)}
      onChange={singleKeys.set}
    />
  );
}
