import {
  type CSSVariablesResolver,
  createTheme,
  Switch,
  type MantineColorsTuple,
  localStorageColorSchemeManager,
} from '@mantine/core';

/** The blue of enamelled signs: the one accent. */
const ink: MantineColorsTuple = [
  '#eef2fd',
  '#dbe2f7',
  '#b7c6f0',
  '#9db2ff',
  '#7b93e6',
  '#5470d2',
  '#3c5ac2',
  '#2b4bb3',
  '#223d94',
  '#1a2f74',
];

/** Mantine's greys, warmed. */
const gray: MantineColorsTuple = [
  '#faf9f6',
  '#f5f3ee',
  '#edeae3',
  '#e4e0d7',
  '#d5d0c5',
  '#b5afa3',
  '#8d877b',
  '#615c53',
  '#3b3833',
  '#1e1c19',
];
const dark: MantineColorsTuple = [
  '#efebe3',
  '#d4cec3',
  '#aaa396',
  '#7d776b',
  '#37342f',
  '#2a2825',
  '#242220',
  '#1f1d1b',
  '#191816',
  '#141312',
];

/** The red of a signal, in both themes: what removes something looks the same by night. */
const red: MantineColorsTuple = [
  '#fdeeec',
  '#fbe0dd',
  '#f7bdb7',
  '#ff8277',
  '#f0655a',
  '#dd4a3f',
  '#cc382e',
  '#bb2b22',
  '#98211a',
  '#761812',
];

export const theme = createTheme({
  colors: { ink, gray, dark, red },
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: { Switch: Switch.extend({ defaultProps: { withThumbIndicator: false } }) },
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", "DejaVu Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
});

/** Mantine draws with the same tokens as our own styles. */
export const cssVariables: CSSVariablesResolver = () => {
  const tokens = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-soft)',
    '--mantine-color-placeholder': 'var(--ink-soft)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--sunken)',
    '--mantine-color-default-border': 'var(--line)',
    '--mantine-color-default-color': 'var(--ink)',
    '--mantine-color-error': 'var(--lost)',
    '--mantine-color-anchor': 'var(--accent)',
  };
  return { variables: {}, light: tokens, dark: tokens };
};

/** The key is known to public/color-scheme.js as well. */
export const COLOR_SCHEME_KEY = 'signalbox-color-scheme';
export const colorSchemeManager = localStorageColorSchemeManager({ key: COLOR_SCHEME_KEY });
