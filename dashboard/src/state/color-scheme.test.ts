import { expect, it } from 'vitest';
import { ColorSchemePreference } from './color-scheme.ts';

function arrange(stored: string | null, isDark: boolean) {
  const kept = new Map<string, string>();
  if (stored !== null) kept.set('signalbox-color-scheme', stored);
  const applied: string[] = [];
  const listeners: (() => void)[] = [];
  const system = {
    matches: isDark,
    addEventListener: (_type: 'change', listener: () => void) => {
      listeners.push(listener);
    },
  };
  const preference = new ColorSchemePreference({
    storage: () => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => {
        kept.set(key, value);
      },
    }),
    prefersDark: system,
    apply: (scheme) => applied.push(scheme),
  });
  const turn = (dark: boolean) => {
    system.matches = dark;
    for (const listener of listeners) listener();
  };
  return { preference, applied, kept, turn };
}

it('follows the system until the user chooses', () => {
  const { preference, applied, kept, turn } = arrange(null, false);
  expect(preference.scheme.get()).toBe('light');
  turn(true);
  expect(preference.scheme.get()).toBe('dark');
  preference.choose('light');
  turn(false);
  turn(true);
  expect(preference.scheme.get()).toBe('light');
  expect(applied.at(-1)).toBe('light');
  expect([...kept.values()]).toEqual(['light']);
});

it('remembers the choice, and ignores nonsense', () => {
  expect(arrange('dark', false).preference.scheme.get()).toBe('dark');
  expect(arrange('sepia', true).preference.choice.get()).toBe('auto');
});

it('holds until the page is closed where the browser keeps nothing', () => {
  const preference = new ColorSchemePreference({
    storage: () => {
      throw new DOMException('denied', 'SecurityError');
    },
    prefersDark: { matches: false, addEventListener: () => undefined },
    apply: () => undefined,
  });
  preference.choose('dark');
  expect(preference.scheme.get()).toBe('dark');
});
