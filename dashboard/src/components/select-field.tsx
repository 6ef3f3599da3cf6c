import type { ComponentProps } from 'react';
import { FieldFrame, type FieldTexts } from './field-frame.tsx';
import { ChevronIcon } from './icons.tsx';

type Option = string | { readonly value: string; readonly label: string };

interface SelectFieldProps extends ComponentProps<'select'>, FieldTexts {
  readonly options: readonly Option[];
}

export function SelectField(props: SelectFieldProps) {
  const { label, description, error, options, className, id, ...select } = props;
  return (
    <FieldFrame {...{ label, description, error, className, id }}>
      {(attributes) => (
        <div className="field-box">
          <select {...select} {...attributes} className="field-input">
            {options.map((option) => {
              const { value, label: text } =
                typeof option === 'string' ? { value: option, label: option } : option;
              return (
                <option key={value} value={value}>
                  {text}
                </option>
              );
            })}
          </select>
          <ChevronIcon size={16} />
        </div>
      )}
    </FieldFrame>
  );
}
