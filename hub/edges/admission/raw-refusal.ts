import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '#protocol/errors.ts';
import { toProblem } from '#protocol/http/problem.ts';

/** How long a refused client may take to read the answer. */
const ANSWER_MS = 1_000;

/** Answers with a problem where there is no application to do so, and ends the connection. */
export function refuseRaw(socket: Socket, code: ErrorCode, status?: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem = { ...toProblem(code), ...(status === undefined ? {} : { status }) };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
