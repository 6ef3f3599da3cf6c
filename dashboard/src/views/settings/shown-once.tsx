import { CopyButton } from '../../components/copy-button.tsx';

interface ShownOnceProps {
  readonly text: string;
  readonly note: string;
}

/** A secret that the hub keeps only as a hash: now or never. */
export function ShownOnce({ text, note }: ShownOnceProps) {
  return (
    <div className="secret" role="status">
      <code>{text}</code>
      <CopyButton text={text} label="Copy" />
      <p className="small">{note}</p>
    </div>
  );
}
