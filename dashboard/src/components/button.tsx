import type { ComponentProps, ReactNode } from 'react';
import './button.css';

interface ButtonProps extends ComponentProps<'button'> {
  /** `filled`: the one thing to do here; `default`: something else; `subtle`: without an edge. */
  readonly variant?: 'filled' | 'default' | 'subtle';
  /** `compact`: within a line of text. */
  readonly size?: 'compact' | 'sm' | 'md';
  /** It removes something, or cannot be undone. */
  readonly danger?: boolean;
  /** Its action is in progress; it cannot be pressed again meanwhile. */
  readonly loading?: boolean;
  readonly icon?: ReactNode;
}

export function Button({
  variant = 'filled',
  size = 'sm',
  danger = false,
  loading = false,
  icon,
  className = '',
  disabled,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${className}`}
      data-variant={variant}
      data-size={size}
      data-danger={danger}
      data-loading={loading}
      aria-busy={loading}
      disabled={loading || disabled === true}
    >
      {icon}
      {children}
    </button>
  );
}
