import { type SubmitEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { BaseView } from '#protocol/http/bases.ts';
import { LIMITS } from '#protocol/limits.ts';
import { EditActions } from '../../components/edit-actions.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../components/use-action.ts';

interface BaseEditProps {
  readonly base: BaseView;
  readonly onDone: () => void;
}

/** Its name; and the way to remove it, with all that stands behind it. */
export function BaseEdit({ base, onDone }: BaseEditProps) {
  const { siteApi } = useServices();
  const { store } = useSite();
  const [, navigate] = useLocation();
  const { busy, code, run } = useAction();
  const [name, setName] = useState(base.name);
  const rename = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      store.putBase(await siteApi.renameBase(base.id, name.trim()));
      onDone();
    });
  };
  const remove = () =>
    run(async () => {
      await siteApi.removeBase(base.id);
      navigate('/');
    });
  return (
    <form className="panel stack edit-form" onSubmit={rename} aria-label="Edit the base">
      <TextField
        label="Name of the base"
        required
        maxLength={LIMITS.nameChars}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {code === undefined ? null : <ErrorNote code={code} />}
      <EditActions
        busy={busy}
        disabled={name.trim() === ''}
        onCancel={onDone}
        removal={`Remove ${base.name} and its units`}
        onRemove={remove}
      />
    </form>
  );
}
