import { errorEntry } from '#protocol/errors.ts';
import type { ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import type { SignalTone } from '../../state/presence-view.ts';

/** What answered at an address, for people. */
export interface ProbeText {
  readonly tone: SignalTone;
  readonly word: string;
  readonly text: string;
  /** Whether it can be added as a unit. */
  readonly isUnit: boolean;
  /** The detected protocol, if any. */
  readonly link?: UnitLinkKind;
}

/** Why there is no connection: only where one was tried does nothing answer. */
function nothingText(code: ProbeAnswer['code']): Pick<ProbeText, 'word' | 'text'> {
  switch (code) {
    case null:
    case 'unit_unreachable':
      return {
        word: 'Nothing answers at this address',
        text: 'Is the unit powered and on the same network as the base, and is this its address?',
      };
    case 'unit_name_unresolved':
      return {
        word: 'Unknown host name',
        text: 'Neither DNS nor the base’s network knows it. Is it spelled correctly, and is the unit powered? You can use an IP address instead.',
      };
    case 'unit_address_refused':
      return {
        word: 'The base does not connect to this address',
        text: errorEntry(code).message,
      };
    default:
      return { word: 'The base could not connect', text: errorEntry(code).message };
  }
}

export function probeText({ outcome, code, announced }: ProbeAnswer): ProbeText {
  const who =
    announced === null
      ? ''
      : `It identifies itself as ${announced.hardwareId}, ${announced.model}. `;
  switch (outcome) {
    case 'nothing':
      return { tone: 'lost', isUnit: false, ...nothingText(code) };
    case 'silent':
      return {
        tone: 'unknown',
        word: 'Something accepts connections there, but sends nothing',
        text: 'A lamp with older firmware behaves like this. Newer firmware would have answered.',
        isUnit: false,
      };
    case 'other':
      return {
        tone: 'lost',
        word: 'It answers, but it is not a Signalbox unit',
        text: 'Another device uses this address or port.',
        isUnit: false,
      };
    case 'lines':
      return {
        tone: 'proven',
        word: 'A sensor with older firmware',
        text: 'It sends numbers as lines of text, and cannot encrypt.',
        isUnit: true,
        link: 'line-sensor',
      };
    case 'encrypted':
      return {
        tone: 'proven',
        word: 'A Signalbox unit that needs its key',
        text: `${who}Add it, then give the base its key: the last screen shows how.`,
        isUnit: true,
        link: 'frames',
      };
    case 'plain':
      return {
        tone: 'waiting',
        word: 'A Signalbox unit without a key',
        text: `${who}It is not encrypted: anyone on its network can use it.`,
        isUnit: true,
        link: 'frames',
      };
    case 'added':
      return {
        tone: 'unknown',
        word: 'This unit was already added',
        text: 'The base has a unit at this address.',
        isUnit: false,
      };
    default:
      return outcome satisfies never;
  }
}
