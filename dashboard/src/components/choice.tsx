import { type ComponentProps, useId } from 'react';
import './choice.css';

interface ChoiceProps extends ComponentProps<'input'> {
  readonly type: 'checkbox' | 'radio';
  readonly label: string;
  readonly description?: string;
}

/** A checkbox, or one of several radio buttons, with its label. */
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
