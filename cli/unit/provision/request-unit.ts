import { AppError } from '#protocol/errors.ts';
import {
  CHALLENGE_BYTES,
  identifyPacket,
  keyProof,
  readKeyAnswer,
  acceptKeyPacket,
} from '#protocol/provisioning/key-packets.ts';
import type { SerialIdentity } from '#protocol/provisioning/key-packets.ts';
import { readImprovAnswer, wifiCommand } from '#protocol/provisioning/improv.ts';
import { nodeCrypto } from '../../../base-unit/drivers/framed/node-crypto.ts';
import type { UnitDialogue } from './unit-dialogue.ts';

/** A board needs a few seconds to boot when opening its line restarted it. */
const IDENTIFY_TIMEOUT_MS = 10_000;
const IDENTIFY_EVERY_MS = 500;
/** More than the 25 s that a unit gives a network. */
const WIFI_TIMEOUT_MS = 35_000;
const KEY_TIMEOUT_MS = 5_000;

/** @throws AppError `unit_timeout` when no unit answers that understands our packets. */
export function identifyUnit(
  dialogue: UnitDialogue,
  timeoutMs: number = IDENTIFY_TIMEOUT_MS,
): Promise<SerialIdentity> {
  return dialogue.request({
    packet: identifyPacket(),
    timeoutMs,
    repeatMs: IDENTIFY_EVERY_MS,
    answerIn: (packet) => {
      const answer = readKeyAnswer(packet);
      return answer?.kind === 'identity' ? answer.identity : undefined;
    },
  });
}

/** Has the unit join a network, which it keeps. @throws AppError `wifi_refused` when it could not. */
export async function giveWifi(
  dialogue: UnitDialogue,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<void> {
  await dialogue.request({
    packet: wifiCommand(name, password),
    timeoutMs: WIFI_TIMEOUT_MS,
    answerIn: (packet) => {
      const answer = readImprovAnswer(packet);
      if (answer?.kind === 'error' && answer.error !== 'none') {
        throw new AppError(
          answer.error === 'unable_to_connect' ? 'wifi_refused' : 'unit_bad_request',
        );
      }
      return answer?.kind === 'result' && answer.command === 'sendWifi' ? true : undefined;
    },
  });
}

export interface KeyForUnit {
  readonly key: Uint8Array;
  readonly hardwareId: string;
  /** '' leaves the one there is. */
  readonly hostName: string;
}

/** Gives the unit its key. @throws AppError `unit_key_wrong` when it cannot prove that it keeps it. */
export async function giveKey(
  dialogue: UnitDialogue,
  { key, hardwareId, hostName }: KeyForUnit,
): Promise<void> {
  const challenge = nodeCrypto.randomBytes(CHALLENGE_BYTES);
  const packet = acceptKeyPacket({ key, challenge, hostName });
  try {
    const proof = await dialogue.request({
      packet,
      timeoutMs: KEY_TIMEOUT_MS,
      answerIn: (heard) => {
        const answer = readKeyAnswer(heard);
        if (answer?.kind === 'refused') {
          throw new AppError(
            answer.reason === 'not_kept' ? 'unit_hardware_error' : 'unit_bad_request',
          );
        }
        return answer?.kind === 'key_stored' ? answer.proof : undefined;
      },
    });
    const expected = keyProof(nodeCrypto, { key, challenge, hardwareId });
    if (!nodeCrypto.isEqual(proof, expected)) throw new AppError('unit_key_wrong');
  } finally {
    packet.data.fill(0);
  }
}
