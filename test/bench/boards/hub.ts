import type { Cleanup } from '#platform/testing/cleanup.ts';
import { startProcess } from '../bench-process.ts';
import { signalbox } from '../programs.ts';

/** The hub's log up to its readiness: its HTTP port. */
const READY = /"http":"http:\/\/localhost:(?<port>\d+)"/;
const SETUP_CODE = /#code=(?<code>\S+?)"/;

/** The built hub in a process of its own. */
export async function startHub(
  data: string,
  cleanup: Cleanup,
): Promise<{ readonly url: string; readonly setupCode: string }> {
  const ports = ['--https-port', '0', '--http-port', '0'];
  const hub = await startProcess(
    { ...signalbox('hub', '--data', data, '--sign-up', 'open', ...ports), sign: READY },
    cleanup,
  );
  const port = READY.exec(hub.output())?.groups?.['port'] ?? '';
  const setupCode = SETUP_CODE.exec(hub.output())?.groups?.['code'] ?? '';
  return { url: `http://127.0.0.1:${port}`, setupCode };
}
