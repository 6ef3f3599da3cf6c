import { errorEntry } from '#protocol/errors.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import type { BaseStatus } from './base-status.ts';

/** The status for a person at a terminal. */
export function formatStatus(status: BaseStatus, nowMs: number): string {
  const { hub, outbox, cursor } = status;
  const lines = [
    `base     ${status.name} (${status.baseId}), up ${ago(status.startedAtMs, nowMs)}`,
    `hub      ${status.hubUrl}: ${hub.state} for ${ago(hub.sinceMs, nowMs)}${because(hub.code)}`,
    ...(hub.code === undefined || hub.state === 'online'
      ? []
      : [`         ${errorEntry(hub.code).message}`]),
    `log      ${cursor.epoch === null ? 'nothing yet' : `entry ${cursor.lastSeq}`}`,
    `outbox   ${outbox.events} events, ${outbox.bytes} bytes${because(outbox.lastError ?? undefined)}`,
  ];
  if (outbox.droppedReadings > 0) lines.push(`dropped  ${outbox.droppedReadings} readings`);
  if (outbox.droppedEvents > 0) lines.push(`dropped  ${outbox.droppedEvents} other events`);
  if (outbox.refused > 0) lines.push(`refused  ${outbox.refused} events, by the hub`);
  lines.push(`units    ${status.units.length}`);
  for (const { name, address, presence, waiting } of status.units) {
    const where = `${address.host}:${address.port}`;
    const queue = waiting > 0 ? `, ${waiting} commands waiting` : '';
    const since = ago(presence.atMs, nowMs);
    lines.push(
      `  ${name} (${where}): ${presence.state} for ${since}${because(presence.code)}${queue}`,
    );
  }
  return terminalLines(lines);
}

function because(code: string | undefined): string {
  return code === undefined ? '' : ` (${code})`;
}

function ago(sinceMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - sinceMs) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
