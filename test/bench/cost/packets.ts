import { readFileSync } from 'node:fs';

/**
 * TCP segments that this machine has sent, acknowledgements included (Tcp: OutSegs, RFC 4022).
 * Of all programs: what else runs meanwhile counts too.
 */
export function segmentsSent(): number {
  const rows = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((row) => row.startsWith('Tcp: '))
    .map((row) => row.split(' '));
  const [names = [], values = []] = rows;
  return Number(values[names.indexOf('OutSegs')]);
}
