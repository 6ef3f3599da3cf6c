import { Component, type ReactNode } from 'react';

interface ErrorBoundaryProps {
  /** The fallback. `retry` renders the children again. */
  readonly fallback: (retry: () => void) => ReactNode;
  /** Once it differs, an address for one, the children are drawn once more. */
  readonly resetKey: unknown;
  readonly children: ReactNode;
}

interface ErrorBoundaryState {
  readonly failed: boolean;
  readonly key: unknown;
}

/**
 * Keeps a rendering error from breaking the rest of the page. A class, since React
 * supports this only for classes.
 */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override readonly state: ErrorBoundaryState = { failed: false, key: this.props.resetKey };

  static getDerivedStateFromError(): Partial<ErrorBoundaryState> {
    return { failed: true };
  }

  static getDerivedStateFromProps(
    { resetKey }: ErrorBoundaryProps,
    { key }: ErrorBoundaryState,
  ): ErrorBoundaryState | null {
    return Object.is(key, resetKey) ? null : { failed: false, key: resetKey };
  }

  readonly #retry = (): void => {
    this.setState({ failed: false });
  };

  override render(): ReactNode {
    return this.state.failed ? this.props.fallback(this.#retry) : this.props.children;
  }
}
