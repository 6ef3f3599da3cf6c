import type { Server } from 'node:net';

export interface Listener {
  readonly server: Server;
  readonly host: string;
  readonly port: number;
  /** How the user chooses another port. */
  readonly flag: string;
}

export type Listening =
  { readonly ok: true; readonly port: number } | { readonly ok: false; readonly message: string };

/** Listens; a port that cannot be had is an answer in one sentence, not a stack. */
export async function listen(listener: Listener): Promise<Listening> {
  const first = await tryListen(listener);
  // A machine without IPv6 has no "::", which elsewhere means all addresses.
  const fault =
    first === 'EAFNOSUPPORT' && listener.host === '::'
      ? await tryListen({ ...listener, host: '0.0.0.0' })
      : first;
  if (fault !== undefined) return { ok: false, message: sentence(listener, fault) };
  const address = listener.server.address();
  return { ok: true, port: typeof address === 'object' && address ? address.port : listener.port };
}

function tryListen({ server, host, port }: Listener): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      resolve(error.code ?? error.message);
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve(undefined);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ host, port });
  });
}

function sentence({ host, port, flag }: Listener, fault: string): string {
  switch (fault) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program: stop it, or choose another port with ${flag}.`;
    case 'EACCES':
      return `This user may not use port ${port}: choose one above 1023 with ${flag}.`;
    case 'EADDRNOTAVAIL':
      return `This machine does not have the address ${host} given with ${flag}.`;
    default:
      return `Port ${port} (${flag}) cannot be opened: ${fault}.`;
  }
}

/** Stops accepting connections and ends the open ones; does nothing when closed. */
export async function closeServer(
  server: Server & { closeAllConnections?: () => void },
): Promise<void> {
  if (!server.listening) {
    server.closeAllConnections?.();
    return;
  }
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections?.();
  });
}
