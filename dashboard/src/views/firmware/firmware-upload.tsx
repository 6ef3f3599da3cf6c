import { type DragEvent, useEffect, useRef, useState } from 'react';
import type { FirmwareView } from '#protocol/http/firmware.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Button } from '../../components/button.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';
import { Meter } from './meter.tsx';

interface FirmwareUploadProps {
  readonly onUploaded: (firmware: FirmwareView) => void;
}

/** A chosen or dropped file, being uploaded. */
export function FirmwareUpload({ onUploaded }: FirmwareUploadProps) {
  const { firmwareApi } = useServices();
  const { siteId } = useSite();
  const { busy, code, run } = useAction();
  const [progress, setProgress] = useState<{ readonly name: string; readonly share: number }>();
  const [added, setAdded] = useState<FirmwareView>();
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const cancel = useRef<AbortController>(undefined);
  useEffect(() => () => cancel.current?.abort(), []);
  const send = (file: File | undefined) => {
    if (!file || busy) return;
    const abort = new AbortController();
    cancel.current = abort;
    setAdded(undefined);
    setProgress({ name: file.name, share: 0 });
    run(async () => {
      try {
        const firmware = await firmwareApi.upload(siteId, {
          file,
          onProgress: (share) => setProgress({ name: file.name, share }),
          signal: abort.signal,
        });
        setAdded(firmware);
        onUploaded(firmware);
      } finally {
        setProgress(undefined);
      }
    });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    send(event.dataTransfer.files[0]);
  };
  return (
    <div
      className="firmware-drop"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <input
        ref={input}
        type="file"
        accept=".sbfw"
        aria-label="Signed firmware image"
        className="visually-hidden"
        tabIndex={-1}
        onChange={(event) => {
          send(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
      {progress === undefined ? (
        <>
          <Button variant="default" onClick={() => input.current?.click()}>
            Upload an image…
          </Button>
          <span className="soft small">
            A signed .sbfw file of at most {Math.floor(LIMITS.firmwareFileBytes / 1_048_576)} MiB;
            you can also drag it here.
          </span>
        </>
      ) : (
        <div className="firmware-sending">
          <span className="small">{progress.name}</span>
          <Meter share={progress.share} label={`Uploading ${progress.name}`} />
          <Button variant="subtle" onClick={() => cancel.current?.abort()}>
            Cancel
          </Button>
        </div>
      )}
      <p className="small firmware-added" role="status">
        {added === undefined ? null : (
          <>
            The hub has <strong>{added.manifest.model}</strong> {added.manifest.version}.
          </>
        )}
      </p>
      {code === undefined || code === 'cancelled' ? null : (
        <ErrorNote code={code} lead="Not uploaded." />
      )}
    </div>
  );
}
