import { AppError, errorEntry } from '#protocol/errors.ts';
import { KEY_BYTES } from '#protocol/noise/noise-crypto.ts';
import type { SerialIdentity } from '#protocol/provisioning/key-packets.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { DataFolder } from '../../../base-unit/config/data-folder.ts';
import { registerUnit } from '../../../base-unit/cli/register-unit.ts';
import { nodeCrypto } from '../../../base-unit/drivers/framed/node-crypto.ts';
import { giveKey, giveWifi, identifyUnit } from './request-unit.ts';
import type { SerialLine } from './serial-line.ts';
import { UnitDialogue } from './unit-dialogue.ts';
import { drawLabel, writeLabel } from './unit-picture.ts';
import { waitForUnit } from './wait-for-unit.ts';

export interface ProvisionInput {
  readonly ssid?: string | undefined;
  /** Default: the hardware id. */
  readonly name?: string | undefined;
  readonly host?: string | undefined;
  readonly qr: boolean;
  readonly labelFile?: string | undefined;
  readonly timeoutMs: number;
}

export interface ProvisionDeps {
  readonly line: SerialLine;
  /** Of the base that shall have the unit; it is paired. */
  readonly folder: DataFolder;
  readonly stop: AbortSignal;
  readonly input: ProvisionInput;
  readonly password: () => Promise<string>;
  readonly say: (line: string) => void;
}

/**
 * Wi-Fi, key, base: in this order, so that the same command completes a unit that was
 * left half provisioned.
 *
 * @returns whether the unit is ready in the end.
 * @throws AppError of the step that failed.
 */
export async function provisionUnit(deps: ProvisionDeps): Promise<boolean> {
  const { line, folder, input, say, stop } = deps;
  const dialogue = new UnitDialogue(line, stop);
  const found = await identifyUnit(dialogue);
  const { hardwareId } = found;
  say(`1/4 Found ${hardwareId} (${found.model}, firmware ${found.firmwareVersion}).`);
  const { port, ip } = await joinWifi(dialogue, found, deps);
  const key = nodeCrypto.randomBytes(KEY_BYTES);
  try {
    const hostName = input.host ?? (found.hostName === '' ? hostNameOf(hardwareId) : '');
    await giveKey(dialogue, { key, hardwareId, hostName });
    say('3/4 Key: created, stored by the unit, and verified.');
    const address: UnitAddress = { host: ip, port };
    const name = input.name ?? hardwareId;
    const { unitId, isServed } = await registerUnit(folder, { hardwareId, name, address, key });
    if (input.qr) for (const row of await drawLabel({ hardwareId, address, key })) say(row);
    if (input.labelFile !== undefined)
      await writeLabel(input.labelFile, { hardwareId, address, key });
    if (!isServed) {
      say(`4/4 Base: has "${name}" and its key. Start it with: signalbox base run`);
      return true;
    }
    const failure = await waitForUnit({
      ...input,
      statusSocket: folder.statusSocket,
      unitId,
      stop,
    });
    say(
      failure === undefined
        ? `4/4 Base: "${name}" is ready, at ${ip}:${port}.`
        : `4/4 Base: has "${name}", which is not ready yet: ${errorEntry(failure).message}`,
    );
    return failure === undefined;
  } finally {
    key.fill(0);
  }
}

/** Where the unit is once it is in its network. */
async function joinWifi(
  dialogue: UnitDialogue,
  found: SerialIdentity,
  { input: { ssid }, password, say }: ProvisionDeps,
): Promise<{ readonly ip: string; readonly port: number }> {
  if (ssid === undefined && !found.hasWifi) {
    const reason = 'is needed: the unit has no network yet';
    throw new AppError('bad_request', {
      details: { source: 'unit provision', field: '--ssid', reason },
    });
  }
  if (ssid !== undefined) await giveWifi(dialogue, { name: ssid, password: await password() });
  const { ip, port } = ssid === undefined ? found : await identifyUnit(dialogue);
  if (ip === undefined) throw new AppError('wifi_refused');
  say(
    ssid === undefined
      ? `2/4 Wi-Fi: already connected, at ${ip}.`
      : `2/4 Wi-Fi: in "${ssid}", at ${ip}.`,
  );
  return { ip, port };
}

/** A hardware id as a label of RFC 1123; '' where nothing of it is left. */
function hostNameOf(hardwareId: string): string {
  return hardwareId
    .replaceAll(/[^A-Za-z0-9-]/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .toLowerCase();
}
