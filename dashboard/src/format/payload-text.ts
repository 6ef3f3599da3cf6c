export type PayloadView = 'text' | 'json' | 'hex';

const HEX_COLUMNS = 16;

export function bytesOfPayload(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.codePointAt(0) ?? 0);
}

/** A payload for the eye; undefined where it is not what the view is for. */
export function payloadText(base64: string, view: PayloadView): string | undefined {
  const bytes = bytesOfPayload(base64);
  if (view === 'hex') return hexOf(bytes);
  const text = textOf(bytes);
  if (text === undefined || view === 'text') return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_COLUMNS) {
    const some = [...bytes.subarray(at, at + HEX_COLUMNS)];
    const hex = some.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    rows.push(hex);
  }
  return rows.join('\n');
}
