import 'react';

declare module 'react' {
  interface CSSProperties {
    /** Custom properties, for styles that depend on a value. */
    [variable: `--${string}`]: string | number | undefined;
  }
}
