import { createServer } from 'node:net';

export interface WantedPort {
  readonly port: number;
  /** Undefined: all interfaces. */
  readonly host: string | undefined;
  readonly purpose: string;
  readonly flag: string;
}

/** One sentence about the first port that cannot be had, or undefined when all can. */
export async function findUsedPort(wanted: readonly WantedPort[]): Promise<string | undefined> {
  for (const one of wanted) {
    const code = await tryToListen(one);
    if (code === undefined) continue;
    const where = `Port ${one.port} (${one.purpose})`;
    const remedy = `choose another with ${one.flag}`;
    switch (code) {
      case 'EADDRINUSE':
        return `${where} is in use by another program: stop it, or ${remedy}.`;
      case 'EACCES':
        return `${where} needs more privileges: ${remedy}.`;
      default:
        return `${where} is not usable (${code}): ${remedy}.`;
    }
  }
  return undefined;
}

function tryToListen({ port, host }: WantedPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, exclusive: true, ...(host === undefined ? {} : { host }) }, () => {
      server.close(() => resolve(undefined));
    });
  });
}
