import { type ComponentProps, useId } from 'react';
import './choice.css';

interface ChoiceProps extends ComponentProps<'input'> {
  readonly type: 'checkbox' | 'radio';
  readonly label: string;
  readonly description?: string;
}

/** A box to tick, or one of several to choose, with its text beside it. */
export function Choice({ label, description, ...input }: ChoiceProps) {
  const id = useId();
  return (
    <label className="choice">
      <input {...input} {...(description === undefined ? {} : { 'aria-describedby': id })} />
      <span>
        {label}
        {description === undefined ? null : (
          <span className="choice-description" id={id}>
            {description}
          </span>
        )}
      </span>
    </label>
  );
}
