import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { SiteView } from '#protocol/http/accounts.ts';
import { UnitView } from '#protocol/http/units.ts';
import { type BaseEventBody, BatchReceipt } from '#protocol/hub-link/base-events.ts';
import { LogEntry, ResumeReply } from '#protocol/hub-link/base-log.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import type { UnitId } from '#protocol/ids.ts';
import { describedLamp } from '../../hub/testing/things.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { ChannelSocket } from '../harness/channel-socket.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { RawBase } from '../harness/raw-base.ts';

/** A base with only its key, which numbers its events and goes online when told to. */
export class SpeakingBase {
  readonly raw: RawBase;
  /** What the hub pushed to it. */
  readonly entries: LogEntry[] = [];
  readonly #owner: ApiClient;
  #seq = 0;

  private constructor(owner: ApiClient, raw: RawBase) {
    this.#owner = owner;
    this.raw = raw;
  }

  static async pair(owner: ApiClient, siteId: string): Promise<SpeakingBase> {
    const path = `/api/sites/${siteId}/claim-codes`;
    const { code } = await owner.post(ClaimCodeCreated, path, { baseName: 'Attic' });
    return new SpeakingBase(owner, await RawBase.claim(owner, code));
  }

  /** A lamp of this base, described and online. */
  async addLamp(host: string, hardwareId = `lamp-${host}`): Promise<UnitId> {
    const { id } = await this.#owner.post(UnitView, `/api/sites/${this.raw.siteId}/units`, {
      ...{
        name: 'Lamp',
        endpoint: { kind: 'base', baseId: this.raw.id, address: { host, port: 8888 } },
      },
    });
    const atMs = Date.now();
    await this.send(
      { type: 'unit.described', data: describedLamp(id, { hardwareId }) },
      { type: 'unit.presence', data: { unitId: id, state: 'ready', atMs, lastContactAtMs: atMs } },
    );
    return id;
  }

  async send(...events: readonly BaseEventBody[]): Promise<BatchReceipt> {
    const body = this.raw.batch(events.map((event) => ({ ...event, seq: ++this.#seq })));
    const answer = await this.raw.post(body);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    return BatchReceipt.parse(JSON.parse(answer.text));
  }

  /** A connected socket that has joined nothing. */
  async connect(cleanup: Cleanup): Promise<ChannelSocket> {
    const socket = await this.socket(cleanup);
    const refusal = await socket.connect();
    if (refusal !== undefined) throw new Error(`refused: ${refusal}`);
    return socket;
  }

  async socket(cleanup: Cleanup): Promise<ChannelSocket> {
    const api = this.#owner.withToken(await this.raw.assertion());
    const auth = { assertion: await this.raw.assertion() };
    const socket = new ChannelSocket({ url: api.url, cleanup, api, auth });
    socket.socket.on('log.entry', (entry: unknown, acknowledge: (reply: object) => void) => {
      this.entries.push(LogEntry.parse(entry));
      acknowledge({ ok: true });
    });
    return socket;
  }

  /** Connected, joined and live. */
  async goOnline(cleanup: Cleanup): Promise<{ socket: ChannelSocket; resumed: ResumeReply }> {
    const socket = await this.connect(cleanup);
    const refusal = await socket.join(channelName({ kind: 'base', baseId: this.raw.id }));
    if (refusal !== undefined) throw new Error(`not joined: ${refusal}`);
    return { socket, resumed: await resume(socket, { epoch: null, lastSeq: 0 }) };
  }

  /** Says that it holds all that it was sent, and asks for what follows. */
  async confirm(socket: ChannelSocket): Promise<ResumeReply> {
    const last = this.entries.at(-1);
    if (last === undefined) throw new Error('nothing was sent to it');
    return await resume(socket, { epoch: last.epoch, lastSeq: last.seq });
  }
}

async function resume(
  { socket }: ChannelSocket,
  place: { readonly epoch: string | null; readonly lastSeq: number },
): Promise<ResumeReply> {
  const request = { version: 1, ...place };
  return ResumeReply.parse(await socket.timeout(5_000).emitWithAck('base.resume', request));
}

/** Someone with an account and a site of their own. */
export async function signUpWithSite(
  someone: ApiClient,
  name: string,
): Promise<{ readonly api: ApiClient; readonly siteId: string }> {
  const api = someone.anonymous();
  const answer = await api.send('POST', '/api/sign-up', {
    body: { email: `${name}@example.org`, name, password: 'a lamp in the window' },
  });
  if (answer.status >= 300) throw new Error(answer.text);
  const { id } = await api.post(SiteView, '/api/sites', { name: `Site of ${name}` });
  return { api, siteId: id };
}
