import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import {
  type DiscoveryAnswer,
  DiscoveryRequest,
  type ProbeAnswer,
  ProbeRequest,
} from '#protocol/hub-link/discovery.ts';
import { type Refusal, toRefusal } from '#protocol/hub-link/refusal.ts';
import { acknowledgementOf } from './acknowledgement.ts';
import type { HubSocket } from './join-channel.ts';

export interface DiscoveryService {
  readonly discover: (request: DiscoveryRequest) => Promise<DiscoveryAnswer>;
  readonly probe: (request: ProbeRequest) => Promise<ProbeAnswer>;
}

interface ServeDiscoveryDeps {
  readonly finder: DiscoveryService;
  readonly log: Logger;
}

/** Answers the site owner's discovery requests (docs/channels.md section 9). */
export function serveDiscovery(socket: HubSocket, { finder, log }: ServeDiscoveryDeps): void {
  const answer = async <T>(
    work: () => Promise<T>,
    acknowledge: (reply: (T & { ok: true }) | Refusal) => void,
  ): Promise<void> => {
    try {
      acknowledge({ ...(await work()), ok: true });
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      if (code === 'internal') log.error({ err: error }, 'discovery failed');
      acknowledge(toRefusal(code));
    }
  };
  socket.on('units.discover', (sent, ack) => {
    const acknowledge = acknowledgementOf(ack);
    const request = DiscoveryRequest.safeParse(sent);
    if (!request.success) acknowledge(toRefusal('bad_request'));
    else void answer(async () => finder.discover(request.data), acknowledge);
  });
  socket.on('address.probe', (sent, ack) => {
    const acknowledge = acknowledgementOf(ack);
    const request = ProbeRequest.safeParse(sent);
    if (!request.success) acknowledge(toRefusal('bad_request'));
    else void answer(async () => finder.probe(request.data), acknowledge);
  });
}
