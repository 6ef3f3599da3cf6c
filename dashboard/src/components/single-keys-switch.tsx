import { Switch } from '@mantine/core';
import { useServices } from './services.ts';
import { useReadable } from './use-readable.ts';

/** Turns the keys without a modifier on and off (WCAG 2.1.4). */
export function SingleKeysSwitch() {
  const { singleKeys } = useServices();
  return (
    <Switch
      size="md"
      label="Single-key shortcuts"
      checked={useReadable(singleKeys)}
      onChange={(event) => singleKeys.set(event.currentTarget.checked)}
    />
  );
}
