import type { ComponentProps, ReactNode } from 'react';
import { FieldFrame, type FieldTexts } from './field-frame.tsx';

interface TextFieldProps extends ComponentProps<'input'>, FieldTexts {
  /** Content before and after the input, inside its border. */
  readonly left?: ReactNode;
  readonly right?: ReactNode;
}

export function TextField(props: TextFieldProps) {
  const { label, description, error, left, right, className, id, ...input } = props;
  return (
    <FieldFrame {...{ label, description, error, className, id }}>
      {(attributes) => (
        <div className="field-box">
          {left === undefined ? null : <span className="field-left">{left}</span>}
          <input type="text" {...input} {...attributes} className="field-input" />
          {right === undefined ? null : <span className="field-right">{right}</span>}
        </div>
      )}
    </FieldFrame>
  );
}
