import type { IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { AcceptedCommand, CommandRoute } from '../../kernel/command-route.ts';
import type { MqttDeviceEndpoint } from '#protocol/unit-endpoint.ts';
import type { BaseEndpointRecord, EndpointRecord } from '../../store/unit-endpoint.ts';
import type { Work } from '../../store/unit-of-work.ts';

/** The kinds of endpoints that this hub has a route to. */
export interface CommandRoutes {
  readonly base: CommandRoute<Work, BaseEndpointRecord>;
  readonly device: CommandRoute<Work, MqttDeviceEndpoint>;
}

/** The route to one unit. */
export interface RouteToUnit {
  readonly whyNotNow: (work: Work) => Promise<ErrorCode | undefined>;
  readonly accept: (work: Work, command: IssuedCommand) => Promise<AcceptedCommand>;
  readonly recall: (work: Work, id: CommandId) => Promise<void>;
}

/** Chooses who carries a command, by the kind of the unit's endpoint alone. */
export class CommandRouter {
  readonly #routes: CommandRoutes;

  constructor(routes: CommandRoutes) {
    this.#routes = routes;
  }

  to(endpoint: EndpointRecord): RouteToUnit {
    switch (endpoint.kind) {
      case 'base':
        return bound(this.#routes.base, endpoint);
      case 'mqtt_device':
        return bound(this.#routes.device, endpoint);
      default:
        return endpoint satisfies never;
    }
  }
}

function bound<E>(route: CommandRoute<Work, E>, endpoint: E): RouteToUnit {
  return {
    whyNotNow: (work) => route.whyNotNow(work, endpoint),
    accept: (work, command) => route.accept(work, endpoint, command),
    recall: (work, id) => route.recall(work, endpoint, id),
  };
}
