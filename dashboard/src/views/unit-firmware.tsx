import { useCallback } from 'react';
import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import type { FirmwareId } from '#protocol/ids.ts';
import { isUpdateFailure, isUpdateOver } from '#protocol/rollout/unit-update-state.ts';
import { Button } from '../components/button.tsx';
import { Confirm } from '../components/confirm.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { useAction } from '../components/use-action.ts';
import { useMay } from '../components/use-may.ts';
import { useConfirmation } from '../components/use-confirmation.ts';
import { useReadable } from '../components/use-readable.ts';
import { speaksFrames } from '../state/carrier.ts';
import { newestFor } from '../state/units-for-firmware.ts';
import { viewUpdate } from '../state/update-view.ts';
import { Meter } from './firmware/meter.tsx';
import { useList } from './settings/use-list.ts';
import './firmware-view.css';

/** The unit's firmware, its current update, and the available one. */
export function UnitFirmware({ unit }: { readonly unit: UnitView }) {
  if (!speaksFrames(unit.endpoint) || unit.identity === null) return null;
  return (
    <section className="panel stack" aria-labelledby="unit-firmware">
      <div className="row spread">
        <h2 id="unit-firmware">Firmware</h2>
        <Link href="/firmware" className="touch small">
          All firmware
        </Link>
      </div>
      <p className="small">
        Runs {unit.identity.model}{' '}
        <strong className="number">{unit.identity.firmwareVersion}</strong>
      </p>
      <NewestUpdate unit={unit} />
      <Available unit={unit} />
    </section>
  );
}

function NewestUpdate({ unit }: { readonly unit: UnitView }) {
  const { store } = useSite();
  const transfer = useReadable(store.transfers.at(unit.id));
  const { update } = unit;
  if (!update || update.state === 'cancelled') return null;
  // The confirmed version is the running one.
  if (update.state === 'confirmed' && unit.identity?.firmwareVersion === update.version)
    return null;
  const { tone, word, reason } = viewUpdate(update);
  return (
    <div className="stack-tight" role="status">
      <div className="row-wrap spread">
        <span className="small">
          To <strong className="number">{update.version}</strong>
        </span>
        <Signal tone={tone} word={word} />
      </div>
      {update.state === 'downloading' && transfer?.updateId === update.id ? (
        <Meter share={transfer.doneBytes / transfer.totalBytes} label="Sending the firmware" />
      ) : null}
      <p className="soft small">
        {reason} {update.code === undefined ? null : <span className="code">{update.code}</span>}
      </p>
    </div>
  );
}

/** One press away: a rollout of this unit alone. */
function Available({ unit }: { readonly unit: UnitView }) {
  const { firmwareApi } = useServices();
  const { siteId, store } = useSite();
  const mayInstall = useMay('rollout.manage');
  const fetchImages = useCallback(() => firmwareApi.list(siteId), [firmwareApi, siteId]);
  const { rows: images, code } = useList(fetchImages);
  const { busy, code: refusal, run } = useAction();
  const { isOpen, wasCancelled, open, cancel } = useConfirmation();
  const { update } = unit;
  const isBusy = update !== null && !isUpdateOver(update.state);
  if (code !== undefined) return <ErrorNote code={code} />;
  const newest = newestFor(unit, images ?? []);
  if (isBusy || images === undefined || !newest) return null;
  const { version } = newest.manifest;
  const hasFailed =
    update !== null && isUpdateFailure(update.state) && update.firmwareId === newest.id;
  if (!mayInstall) {
    return (
      <p className="soft small">{version} is available. An owner or manager can install it.</p>
    );
  }
  const start = (firmwareId: FirmwareId) =>
    run(async () => {
      const unitIds = [unit.id];
      store.putRollout(await firmwareApi.start(siteId, { firmwareId, unitIds }));
      cancel();
    });
  return (
    <div className="stack-tight">
      {isOpen ? (
        <Confirm
          question={`Install ${version} and restart`}
          busy={busy}
          onConfirm={() => start(newest.id)}
          onCancel={cancel}
        />
      ) : (
        <div>
          <Button variant="default" autoFocus={wasCancelled} onClick={open}>
            {hasFailed ? `Try ${version} again…` : `Update to ${version}…`}
          </Button>
        </div>
      )}
      {refusal === undefined ? null : <ErrorNote code={refusal} />}
    </div>
  );
}
