import type { ProbeOutcome } from '#protocol/hub-link/discovery.ts';
import type { BaseEndpoint } from '#protocol/unit-endpoint.ts';
import { CommandLine } from '../../components/command-line.tsx';
import { WhereCommandsRun } from '../../components/where-commands-run.tsx';
import { Signal } from '../../components/signal.tsx';
import { shellWord } from '../../format/shell-word.ts';

interface HowToGiveKeyProps {
  readonly address: BaseEndpoint['address'];
  readonly outcome: ProbeOutcome | undefined;
}

/** The key is the base's and the unit's own (docs/decisions/0010): it does not pass through here. */
export function HowToGiveKey({ address, outcome }: HowToGiveKeyProps) {
  const { host, port } = address;
  const name = shellWord(`${host}:${port}`);
  const isPlain = outcome === 'plain';
  return (
    <div className="stack">
      <Signal
        tone="waiting"
        word={isPlain ? 'Waiting for approval on the base' : 'Waiting for its key'}
      />
      {isPlain ? (
        <>
          <p>
            This unit has no key. A base uses unencrypted links only with approval. In a terminal on
            the base:
          </p>
          <CommandLine text={`signalbox base unit-key ${name} --plain`} />
          <p className="soft small">
            Anyone on its network can then use the unit. With a key they cannot: see below.
          </p>
        </>
      ) : (
        <>
          <p>
            The link to the unit is encrypted with its key, which only the base has. If you have the
            key in a file, run this in a terminal on the base:
          </p>
          <CommandLine text={`signalbox base unit-key ${name} --key-file unit.key`} />
        </>
      )}
      <p>
        {isPlain ? 'Or give it a key' : 'Otherwise give it a new one'}: plug the board into a USB
        port of the base’s computer, press its reset button, and within a minute run
      </p>
      <CommandLine text="signalbox unit provision" />
      <WhereCommandsRun />
      <p className="soft small">
        This page shows the unit as soon as the base has reached it. You do not need to wait.
      </p>
    </div>
  );
}
