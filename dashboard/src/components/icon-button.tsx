import type { ComponentProps } from 'react';
import './icon-button.css';

interface IconButtonProps extends ComponentProps<'button'> {
  readonly 'aria-label': string;
}

/** A button that is a sign alone; its name is for screen readers and for a hover. */
export function IconButton({ className = '', ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      title={rest['aria-label']}
      {...rest}
      className={`icon-button ${className}`}
    />
  );
}
