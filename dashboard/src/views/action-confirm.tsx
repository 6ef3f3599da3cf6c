import { type SubmitEvent, useState } from 'react';
import type { ActionAffordance } from '#protocol/thing/thing-description.ts';
import { permissionFor } from '#protocol/thing/unit-guards.ts';
import { Button } from '../components/button.tsx';
import { PasswordField } from '../components/password-field.tsx';

interface ActionConfirmProps {
  readonly title: string;
  readonly action: ActionAffordance;
  readonly busy: boolean;
  /** @param password where the action wants it once more. */
  readonly onYes: (password?: string) => void;
  readonly onNo: () => void;
}

/**
 * Asks for confirmation before something that cannot be repeated; also for the password
 * if it cannot be undone remotely.
 */
export function ActionConfirm({ title, action, busy, onYes, onNo }: ActionConfirmProps) {
  const [password, setPassword] = useState('');
  const wantsReauthentication = permissionFor(action) === 'unit.factory_reset';
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (wantsReauthentication) onYes(password);
    else onYes();
  };
  return (
    <div
      className="action-confirm"
      role="alertdialog"
      aria-label={`${title}?`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onNo();
      }}
    >
      <form className="stack-tight" onSubmit={submit}>
        <p>{warningOf(action)}</p>
        {wantsReauthentication ? (
          <PasswordField
            label="Your password again"
            autoComplete="current-password"
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        ) : null}
        <div className="row-wrap">
          <Button
            type="submit"
            danger
            autoFocus={!wantsReauthentication}
            loading={busy}
            disabled={wantsReauthentication && password === ''}
          >
            {title} now
          </Button>
          <Button variant="default" onClick={onNo}>
            Cancel
          </Button>
        </div>
      </form>
    </div>
  );
}

/** What to know before something that cannot be repeated. */
function warningOf(action: ActionAffordance): string {
  switch (action['sb:semantic']) {
    case 'board.networkSet':
      return 'The unit returns to its current address unless its base reconnects at the new one within a minute. Use 0.0.0.0 in all three fields for DHCP.';
    case 'board.macSet':
      return 'The unit returns to its current MAC address unless its base reconnects at the new one within a minute. 00:00:00:00:00:00 restores its own.';
    case 'board.factoryReset':
      return 'The unit forgets its network, its address and its key, and disappears from here until it is provisioned again over USB.';
    default:
      return 'It runs now or not at all: it is never retried.';
  }
}
