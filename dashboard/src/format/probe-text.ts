import { errorEntry } from '#protocol/errors.ts';
import type { ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import type { SignalTone } from '../state/presence-view.ts';

/** What answered at an address, for people. */
export interface ProbeText {
  readonly tone: SignalTone;
  readonly word: string;
  readonly text: string;
  /** Whether it is what somebody would want to add. */
  readonly isUnit: boolean;
  /** What speaks there, where that was heard. */
  readonly link?: UnitLinkKind;
}

/** Why there is no connection: only where one was tried does nothing answer. */
function nothingText(code: ProbeAnswer['code']): Pick<ProbeText, 'word' | 'text'> {
  switch (code) {
    case null:
    case 'unit_unreachable':
      return {
        word: 'Nothing answers at this address',
        text: 'Is the unit powered, in the same network as the base, and is this its address?',
      };
    case 'unit_name_unresolved':
      return {
        word: 'Nobody knows this name',
        text: 'Neither a name server nor a unit in the network of the base. Is it spelt right, and is the unit powered? An address in numbers needs no name.',
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
    announced === null ? '' : `It says it is ${announced.hardwareId}, ${announced.model}. `;
  switch (outcome) {
    case 'nothing':
      return { tone: 'lost', isUnit: false, ...nothingText(code) };
    case 'silent':
      return {
        tone: 'unknown',
        word: 'Something listens there, but says nothing',
        text: 'A lamp with older firmware does that. Anything newer would have answered.',
        isUnit: false,
      };
    case 'other':
      return {
        tone: 'lost',
        word: 'It answers, but it is not a Signalbox unit',
        text: 'Another device has this address or this port.',
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
        text: `${who}It is not encrypted: everybody in its network can use it.`,
        isUnit: true,
        link: 'frames',
      };
    case 'added':
      return {
        tone: 'unknown',
        word: 'This unit is added already',
        text: 'The base has a unit at this address.',
        isUnit: false,
      };
    default:
      return outcome satisfies never;
  }
}
