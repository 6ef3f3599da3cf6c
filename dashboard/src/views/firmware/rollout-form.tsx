import { type SubmitEvent, useState } from 'react';
import type { FirmwareView } from '#protocol/http/firmware.ts';
import type { UnitId } from '#protocol/ids.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { useServices, useSite } from '../../components/services.ts';
import type { RosterEntry } from '../../state/roster.ts';
import { useAction } from '../../components/use-action.ts';

interface RolloutFormProps {
  readonly image: FirmwareView;
  /** The units that it would update. */
  readonly units: readonly RosterEntry[];
  readonly onDone: () => void;
}

const SHARES = [
  { value: '100', label: 'all at once' },
  { value: '50,100', label: 'half, then all' },
  { value: '10,50,100', label: '10 %, 50 %, all' },
] as const;

const MINUTE_MS = 60_000;
const SOAKS = [
  { value: String(MINUTE_MS), label: '1 minute' },
  { value: String(10 * MINUTE_MS), label: '10 minutes' },
  { value: String(60 * MINUTE_MS), label: '1 hour' },
  { value: String(24 * 60 * MINUTE_MS), label: '1 day' },
] as const;

/** A unit that goes first stops it in any case. */
const STOPS = [
  { value: '1', label: '1 unit fails' },
  { value: '2', label: '2 units fail' },
  { value: '5', label: '5 units fail' },
] as const;

/** Canaries, steps, and when to stop. */
export function RolloutForm({ image, units, onDone }: RolloutFormProps) {
  const { firmwareApi } = useServices();
  const { siteId, store } = useSite();
  const { busy, code, run } = useAction();
  const [first] = units.filter(({ presence }) => presence.state === 'ready');
  const [canaries, setCanaries] = useState<ReadonlySet<UnitId>>(
    () => new Set(first ? [first.id] : units.slice(0, 1).map(({ id }) => id)),
  );
  const [shares, setShares] = useState<string>(units.length > 4 ? '50,100' : '100');
  const [soakMs, setSoakMs] = useState<string>(String(10 * MINUTE_MS));
  const [stopAt, setStopAt] = useState('1');
  const chosen = units.filter(({ id }) => canaries.has(id)).map(({ id }) => id);
  const toggle = (id: UnitId) => {
    const next = new Set(canaries);
    if (!next.delete(id)) next.add(id);
    setCanaries(next);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      const rollout = await firmwareApi.start(siteId, {
        firmwareId: image.id,
        unitIds: units.map(({ id }) => id),
        canaryIds: chosen,
        percentages: shares.split(',').map(Number),
        soakMs: Number(soakMs),
        stopAtFailures: Number(stopAt),
      });
      store.putRollout(rollout);
      onDone();
    });
  };
  const title = `Roll out ${image.manifest.model} ${image.manifest.version}`;
  return (
    <form className="rollout-form stack" aria-label={title} onSubmit={submit}>
      <fieldset className="rollout-canaries">
        <legend>
          {units.length === 1 ? 'Unit' : `Which of the ${units.length} units to update first`}
        </legend>
        <p className="soft small">The others follow only when all of these run the new firmware.</p>
        <div className="rollout-choices">
          {units.map(({ id, name, place, identity, presence }) => (
            <label key={id}>
              <input type="checkbox" checked={canaries.has(id)} onChange={() => toggle(id)} />
              <span>
                {name}
                <span className="soft small">
                  {place === '' ? '' : ` · ${place}`} · {identity?.firmwareVersion}
                  {presence.state === 'ready' ? '' : ' · offline'}
                </span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {units.length === 1 ? null : (
        <div className="rollout-plan">
          <SelectField
            label="Then the others"
            options={[...SHARES]}
            value={shares}
            onChange={(event) => setShares(event.currentTarget.value)}
          />
          <SelectField
            label="Watch each step for"
            options={[...SOAKS]}
            value={soakMs}
            onChange={(event) => setSoakMs(event.currentTarget.value)}
          />
          <SelectField
            label="Stop when"
            options={[...STOPS]}
            value={stopAt}
            onChange={(event) => setStopAt(event.currentTarget.value)}
          />
        </div>
      )}
      {code === undefined ? null : <ErrorNote code={code} lead="Not started." />}
      <div className="row-wrap">
        <Button type="submit" loading={busy} disabled={chosen.length === 0}>
          {units.length === 1 ? 'Update it' : `Update ${units.length} units`}
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
