/** The line that a unit prints when it listens (firmware/README.md). */
export interface ListeningLine {
  readonly ip: string;
  readonly port: number;
  readonly hardwareId: string;
  readonly model: string;
}

const FORM = /^listening (\d+\.\d+\.\d+\.\d+):(\d+) unit=\S+ id=(\S+) boot=\S+ model=(\S+)$/;

/** Undefined for any other line. */
export function parseListeningLine(line: string): ListeningLine | undefined {
  const [, ip, port, hardwareId, model] = FORM.exec(line) ?? [];
  if (ip === undefined || hardwareId === undefined || model === undefined) return undefined;
  return { ip, port: Number(port), hardwareId, model };
}
