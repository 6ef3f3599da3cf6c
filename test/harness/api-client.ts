import { Agent, fetch } from 'undici';
import type { z } from 'zod';
import type { ErrorCode } from '#protocol/errors.ts';
import { Problem } from '#protocol/http/problem.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

export interface ApiRequest {
  readonly body?: unknown;
  /** Sent unchanged, for bodies that are wrong on purpose. */
  readonly rawBody?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type Headers = Awaited<ReturnType<typeof fetch>>['headers'];

export interface ApiClientDeps {
  readonly url: string;
  /** Certificate of the hub's CA in PEM, for HTTPS. */
  readonly ca?: string;
  readonly cleanup: Cleanup;
}

/** Calls a hub as any program would: over the wire, with a cookie or a token. */
export class ApiClient {
  readonly url: string;
  readonly #deps: ApiClientDeps;
  readonly #agent: Agent;
  readonly #cookies = new Map<string, string>();
  #token: string | undefined;

  constructor(deps: ApiClientDeps) {
    this.url = deps.url;
    this.#deps = deps;
    this.#agent = new Agent(deps.ca === undefined ? {} : { connect: { ca: deps.ca } });
    deps.cleanup.add(() => this.#agent.destroy());
  }

  /** Another caller of the same hub, not signed in. */
  anonymous(): ApiClient {
    return new ApiClient(this.#deps);
  }

  /** Another caller at the same hub, with a bearer token. */
  withToken(token: string): ApiClient {
    const client = this.anonymous();
    client.#token = token;
    return client;
  }

  get cookie(): string {
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Any request; the answer whatever it is. */
  async send(method: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer> {
    const body =
      request.rawBody ?? (request.body === undefined ? null : JSON.stringify(request.body));
    const response = await fetch(this.url + path, {
      method,
      body,
      dispatcher: this.#agent,
      headers: {
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(this.#cookies.size === 0 ? {} : { cookie: this.cookie }),
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...request.headers,
      },
    });
    for (const line of response.headers.getSetCookie()) this.#keepCookie(line);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** A request that must succeed; its parsed answer. */
  async call<T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    request: ApiRequest = {},
  ): Promise<z.infer<T>> {
    const answer = await this.send(method, path, request);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    }
    return schema.parse(answer.text === '' ? undefined : JSON.parse(answer.text));
  }

  get<T extends z.ZodType>(schema: T, path: string): Promise<z.infer<T>> {
    return this.call(schema, 'GET', path);
  }

  post<T extends z.ZodType>(schema: T, path: string, body?: unknown): Promise<z.infer<T>> {
    return this.call(schema, 'POST', path, { body });
  }

  /** A request that must be refused; status and code of the problem details. */
  async refused(
    method: string,
    path: string,
    request: ApiRequest = {},
  ): Promise<{ status: number; code: ErrorCode }> {
    const answer = await this.send(method, path, request);
    if (answer.status < 400) {
      throw new Error(`${method} ${path} was not refused: ${answer.status} ${answer.text}`);
    }
    const problem = Problem.parse(JSON.parse(answer.text));
    return { status: answer.status, code: problem.code };
  }

  #keepCookie(line: string): void {
    const [pair = ''] = line.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
