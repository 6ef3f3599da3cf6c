import { CopyButton } from './copy-button.tsx';
import './command-line.css';

/** A command to run in a terminal of another machine. */
export function CommandLine({ text }: { readonly text: string }) {
  return (
    <div className="stack-tight">
      <pre className="command-line">{text}</pre>
      <div>
        <CopyButton text={text} label="Copy the command" />
      </div>
    </div>
  );
}
