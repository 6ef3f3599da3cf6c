import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SupervisedProcess } from './supervised-process.ts';

interface Watched {
  readonly supervised: SupervisedProcess;
  readonly lines: string[];
  readonly notices: string[];
  readonly failures: number[];
}

/** A supervised `node -e <script>`. */
function supervise(script: string): Watched {
  const lines: string[] = [];
  const notices: string[] = [];
  const failures: number[] = [];
  const supervised = new SupervisedProcess({
    spec: { name: 'child', command: process.execPath, args: ['-e', script] },
    onLine: (line) => lines.push(line),
    onNotice: (text) => notices.push(text),
    onCannotStart: (code) => failures.push(code),
  });
  onTestFinished(async () => {
    supervised.kill();
    await supervised.stop();
  });
  return { supervised, lines, notices, failures };
}

const RUN_UNTIL_TERM = "process.on('SIGTERM', () => { console.log('bye'); process.exit(0); });";
const KEEP_RUNNING = 'setInterval(() => {}, 1000);';

describe('SupervisedProcess', () => {
  it('passes on both outputs line by line, and stops the process in good order', async () => {
    const { supervised, lines, notices } = supervise(
      `${RUN_UNTIL_TERM} ${KEEP_RUNNING} console.log('out'); console.error('err');`,
    );
    supervised.start();
    await vi.waitFor(() => expect(lines).toEqual(expect.arrayContaining(['out', 'err'])));
    await supervised.stop();
    expect(lines.at(-1)).toBe('bye');
    expect(supervised.pid).toBeUndefined();
    expect(notices).toEqual([]);
  });

  it('starts a settled process again when it dies, and says so', async () => {
    const { supervised, lines, notices } = supervise(`console.log('up'); ${KEEP_RUNNING}`);
    supervised.start();
    supervised.settle();
    await vi.waitFor(() => expect(lines).toEqual(['up']));
    process.kill(Number(supervised.pid), 'SIGKILL');
    await vi.waitFor(() => expect(lines).toEqual(['up', 'up']), { timeout: 5_000 });
    expect(notices).toEqual(['child ended by SIGKILL, restarting in 0.5 s']);
  });

  it('reports a process that fails before it was settled, and does not repeat it', async () => {
    const { supervised, notices, failures } = supervise('process.exit(2)');
    supervised.start();
    await vi.waitFor(() => expect(failures).toEqual([2]));
    expect(notices).toEqual([]);
  });

  it('says what is wrong when the program is not there', async () => {
    const notices: string[] = [];
    const failures: number[] = [];
    const supervised = new SupervisedProcess({
      spec: { name: 'ghost', command: '/nowhere/ghost', args: [] },
      onLine: () => undefined,
      onNotice: (text) => notices.push(text),
      onCannotStart: (code) => failures.push(code),
    });
    supervised.start();
    await vi.waitFor(() => expect(failures).toEqual([127]));
    expect(notices).toEqual([expect.stringContaining('ghost cannot be run')]);
  });

  it('can be stopped twice', async () => {
    const { supervised } = supervise(KEEP_RUNNING);
    supervised.start();
    await Promise.all([supervised.stop(), supervised.stop()]);
    await supervised.stop();
    expect(supervised.pid).toBeUndefined();
  });
});
