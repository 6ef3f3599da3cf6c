import { type ReactNode, useId } from 'react';
import './field-frame.css';

export interface FieldTexts {
  /** None if an `aria-label` says it. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  /** The error in the typed value. */
  readonly error?: string | undefined;
}

interface InputAttributes {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
}

interface FieldFrameProps extends FieldTexts {
  readonly id?: string | undefined;
  readonly className?: string | undefined;
  readonly children: (input: InputAttributes) => ReactNode;
}

/** The frame of every input: its label, a hint, and the error. */
export function FieldFrame(props: FieldFrameProps) {
  const { label, description, error, className = '', children } = props;
  const ownId = useId();
  const id = props.id ?? ownId;
  const texts = [
    ...(description === undefined ? [] : [`${id}-description`]),
    ...(error === undefined ? [] : [`${id}-error`]),
  ];
  return (
    <div className={`field ${className}`}>
      {label === undefined ? null : (
        <label className="field-label" htmlFor={id}>
          {label}
        </label>
      )}
      {description === undefined ? null : (
        <p className="field-description" id={`${id}-description`}>
          {description}
        </p>
      )}
      {children({
        id,
        'aria-invalid': error !== undefined,
        'aria-describedby': texts.length === 0 ? undefined : texts.join(' '),
      })}
      {error === undefined ? null : (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
