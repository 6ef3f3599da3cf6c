import { writeFileSync } from 'node:fs';
import { toString as draw } from 'qrcode';
import { formatUnitLabel, type UnitLabel } from '#protocol/provisioning/unit-label.ts';

/** The label as a QR code of half blocks, row by row, for a terminal. */
export async function drawLabel(label: UnitLabel): Promise<readonly string[]> {
  return (await draw(formatUnitLabel(label), { type: 'utf8' })).split('\n');
}

/** Writes the label as a picture that only its owner can read. */
export async function writeLabel(path: string, label: UnitLabel): Promise<void> {
  const picture = await draw(formatUnitLabel(label), { type: 'svg' });
  writeFileSync(path, picture, { mode: 0o600 });
}
