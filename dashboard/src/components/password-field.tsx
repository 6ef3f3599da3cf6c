import { type ComponentProps, useState } from 'react';
import type { FieldTexts } from './field-frame.tsx';
import { IconButton } from './icon-button.tsx';
import { EyeIcon } from './icons.tsx';
import { TextField } from './text-field.tsx';

type PasswordFieldProps = Omit<ComponentProps<'input'>, 'type'> & FieldTexts;

/** A password, which can be looked at while it is typed. */
export function PasswordField(props: PasswordFieldProps) {
  const [isShown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={isShown ? 'text' : 'password'}
      right={
        <IconButton
          aria-label="Show the password"
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
        >
          <EyeIcon size={18} />
        </IconButton>
      }
    />
  );
}
