import { useCallback, useEffect } from 'react';
import { BackLink } from '../components/back-link.tsx';
import { EmptyNote } from '../components/empty-note.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Skeleton } from '../components/skeleton.tsx';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { FirmwareImages } from './firmware/firmware-images.tsx';
import { FirmwareKeys } from './firmware/firmware-keys.tsx';
import { FirmwareUpload } from './firmware/firmware-upload.tsx';
import { RolloutPanel } from './firmware/rollout-panel.tsx';
import { useList } from './settings/use-list.ts';
import { StatusLine } from './status-line.tsx';
import './settings-view.css';
import './firmware-view.css';

/** The firmware of the site: what there is, and how it comes to the units. */
export function FirmwareView() {
  const { firmwareApi } = useServices();
  const { siteId, store } = useSite();
  const rollouts = useReadable(store.rollouts.all);
  const fetchImages = useCallback(() => firmwareApi.list(siteId), [firmwareApi, siteId]);
  const { rows: images, code, change } = useList(fetchImages);
  const reload = useCallback(() => change(() => Promise.resolve()), [change]);
  useEffect(() => {
    document.title = 'Firmware · Signalbox';
  }, []);
  const mayChange = useMay('firmware.manage');
  const mayTrust = useMay('firmware.trust');
  const newestFirst = [...rollouts].sort((a, b) => b.id.localeCompare(a.id));
  const open = newestFirst.filter(({ endedAt }) => endedAt === null);
  const over = newestFirst.filter(({ endedAt }) => endedAt !== null);
  return (
    <div className="view view-narrow">
      <div className="row-wrap spread">
        <BackLink href="/settings">Settings</BackLink>
        <StatusLine />
      </div>
      <h1>Firmware</h1>
      {open.length === 0 ? null : <h2 className="visually-hidden">Open rollouts</h2>}
      {open.map((rollout) => (
        <RolloutPanel key={rollout.id} rollout={rollout} mayChange={mayChange} />
      ))}
      <section className="panel stack" aria-labelledby="firmware-images">
        <h2 id="firmware-images">Images</h2>
        {images === undefined && code === undefined ? <Skeleton height="3.25rem" /> : null}
        {images?.length === 0 ? (
          <EmptyNote
            title="No firmware yet"
            text={
              mayChange
                ? 'Upload a signed image. It is stored here until you roll it out to your units.'
                : 'An owner or manager of the site can upload signed images and install them on units.'
            }
          />
        ) : null}
        {images === undefined || images.length === 0 ? null : (
          <FirmwareImages images={images} mayChange={mayChange} onRemoved={reload} />
        )}
        {code === undefined ? null : <ErrorNote code={code} />}
        {mayChange ? <FirmwareUpload onUploaded={reload} /> : null}
      </section>
      {over.length === 0 ? null : (
        <>
          <h2>Earlier rollouts</h2>
          {over.map((rollout) => (
            <RolloutPanel key={rollout.id} rollout={rollout} mayChange={mayChange} />
          ))}
        </>
      )}
      <FirmwareKeys mayChange={mayTrust} onChanged={reload} />
    </div>
  );
}
