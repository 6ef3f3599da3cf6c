import { spawn } from 'node:child_process';
import { LineSplitter } from '../line-splitter.ts';

export interface OneRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs a program to its end; its exit code. */
export function runOnce({ command, args, onLine, signal }: OneRun): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const terminate = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', terminate, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter(onLine);
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => splitter.push(text));
      stream.on('end', () => splitter.end());
    }
    child.on('error', (error) => onLine(error.message));
    child.on('close', (code) => {
      signal.removeEventListener('abort', terminate);
      resolve(code ?? 1);
    });
  });
}
