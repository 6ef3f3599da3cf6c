import type { z } from 'zod';
import { Problem } from '#protocol/http/problem.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it is, instead of JSON. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTTP client that keeps its session cookie, as a browser does. */
export class HubClient {
  readonly #origin: string;
  #cookie: string | undefined;
  #bearer: string | undefined;

  constructor(origin: string, credentials: { readonly bearer?: string } = {}) {
    this.#origin = origin;
    this.#bearer = credentials.bearer;
  }

  get cookie(): string | undefined {
    return this.#cookie;
  }

  get bearer(): string | undefined {
    return this.#bearer;
  }

  /** The same session at another hub, which one address leads to as well. */
  at(origin: string): HubClient {
    const other = new HubClient(origin);
    other.#cookie = this.#cookie?.replace(/_\d+=/, `_${new URL(origin).port}=`);
    return other;
  }

  useBearer(bearer: string): void {
    this.#bearer = bearer;
  }

  async call(call: Call): Promise<Answer> {
    const {
      body,
      raw,
      path,
      method = body === undefined && raw === undefined ? 'GET' : 'POST',
    } = call;
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.#origin + path, {
      method,
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#cookie === undefined ? {} : { cookie: this.#cookie }),
        ...(this.#bearer === undefined ? {} : { authorization: `Bearer ${this.#bearer}` }),
        ...call.headers,
      },
      ...(payload === undefined ? {} : { body: Buffer.from(payload) }),
    });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) {
      const [pair = ''] = cookie.split(';');
      this.#cookie = pair.endsWith('=') ? undefined : pair;
    }
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: parsed };
  }

  /** The parsed body of a call that succeeds. */
  async request<T extends z.ZodType>(schema: T, call: Call): Promise<z.output<T>> {
    const answer = await this.call(call);
    if (answer.status >= 300) throw new Error(`${call.path}: ${JSON.stringify(answer.body)}`);
    return schema.parse(answer.body);
  }

  /** The status of a call that succeeds. */
  async done(call: Call): Promise<number> {
    const answer = await this.call(call);
    if (answer.status >= 300) throw new Error(`${call.path}: ${JSON.stringify(answer.body)}`);
    return answer.status;
  }

  /** The code of a call that is refused, which must be a complete problem. */
  async refused(call: Call): Promise<string> {
    const answer = await this.call(call);
    const problem = Problem.parse(answer.body);
    if (problem.status !== answer.status) throw new Error('the problem has another status');
    if (!(answer.headers.get('content-type') ?? '').startsWith('application/problem+json')) {
      throw new Error(`not a problem: ${answer.headers.get('content-type') ?? ''}`);
    }
    return problem.code;
  }
}
