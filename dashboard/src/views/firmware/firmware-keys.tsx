import { type SubmitEvent, useCallback, useState } from 'react';
import { LIMITS } from '#protocol/limits.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { RemoveButton } from '../../components/remove-button.tsx';
import { useList } from '../settings/use-list.ts';

interface FirmwareKeysProps {
  readonly mayChange: boolean;
  readonly onChanged: () => void;
}

/** The keys that the site trusts firmware of. */
export function FirmwareKeys({ mayChange, onChanged }: FirmwareKeysProps) {
  const { firmwareApi } = useServices();
  const { siteId } = useSite();
  const fetchKeys = useCallback(() => firmwareApi.keys(siteId), [firmwareApi, siteId]);
  const { rows: keys, busy, code, change } = useList(fetchKeys);
  const [draft, setDraft] = useState('');
  const save = (next: readonly string[]) =>
    change(async () => {
      await firmwareApi.saveKeys(siteId, next);
      setDraft('');
      onChanged();
    });
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    save([...(keys ?? []), draft.trim()]);
  };
  return (
    <section className="panel stack" aria-labelledby="firmware-keys">
      <h2 id="firmware-keys">Trusted keys</h2>
      <p className="soft small">
        The hub accepts only images signed with one of these keys, or any signed image if there are
        none. A unit always checks the signature with the keys in its own firmware.
      </p>
      {keys === undefined ? null : (
        <ul className="plain-list">
          {keys.map((key) => (
            <li key={key} className="settings-row">
              <code className="firmware-key">{key}</code>
              {mayChange ? (
                <RemoveButton
                  label="Remove…"
                  question="Remove this key"
                  onConfirm={() => save(keys.filter((other) => other !== key))}
                />
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {mayChange && keys !== undefined && keys.length < LIMITS.firmwareKeys ? (
        <form className="settings-form" onSubmit={add}>
          <TextField
            label="Public key"
            placeholder="88 characters of base64"
            autoComplete="off"
            spellCheck={false}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          <Button type="submit" size="md" loading={busy} disabled={draft.trim() === ''}>
            Trust this key
          </Button>
        </form>
      ) : null}
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
