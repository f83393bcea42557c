/** Finds a service's instances for a grpc-js channel and follows them. */
import { randomInt } from 'node:crypto';
import { experimental, status } from '@grpc/grpc-js';
import { hashText, mix } from '../balancing/hash.js';
import { type Listed, Roster } from '../balancing/roster.js';
import { type FollowedService, followService } from '../balancing/service.js';
import { messageOf } from '../errors.js';
import { type Facts, factsKey } from './load-balancer.js';
import { channelServiceConfig, serviceConfig } from './service-config.js';
import { endpointsOf, openStore } from './stores.js';
import { parseTarget, type Target } from './target.js';

/** Calls that wait for the first list fail after this time, milliseconds; the resolver goes on trying. */
const firstListMs = 10_000;

interface Following {
  readonly service: FollowedService;
  release(): void;
}

export class QuorateResolver implements experimental.Resolver {
  private readonly target: Target;
  private readonly ownConfig: ReturnType<typeof channelServiceConfig>;
  private readonly seed = randomInt(2 ** 32 - 1);
  private roster: Roster;
  private following: Following | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The service config that was told last. */
  private told: string | undefined;

  /** Made by grpc-js for every channel. @throws Error when the target is wrong */
  constructor(
    uri: experimental.GrpcUri,
    private readonly listener: experimental.ResolverListener,
    options: Readonly<Record<string, unknown>>,
  ) {
    this.target = parseTarget(uri);
    this.ownConfig = channelServiceConfig(options);
    this.roster = new Roster({ port: this.target.port });
    // So that a channel fails when it is made, and not with its first call.
    endpointsOf(this.target);
  }

  /** @throws Error when the target is wrong */
  static getDefaultAuthority(uri: experimental.GrpcUri): string {
    return parseTarget(uri).service;
  }

  /** Begins. The list is followed from then on: asking again does nothing. */
  updateResolution(): void {
    if (this.following) return;
    const store = openStore(this.target);
    const { service, release } = followService(store.client.registry, this.target.namespace, this.target.service);
    const stopListening = service.onChange(() => this.onChange());
    const following: Following = {
      service,
      release: () => {
        stopListening();
        release();
        store.release();
      },
    };
    this.following = following;
    this.timer = setTimeout(() => this.onLate(), firstListMs);
    this.timer.unref();
    service.ready().then(
      () => {
        if (this.following === following) this.onChange();
      },
      (error: unknown) => {
        if (this.following === following) this.fail(messageOf(error));
      },
    );
  }

  /** Ends; another updateResolution() begins anew. */
  destroy(): void {
    clearTimeout(this.timer);
    this.following?.release();
    this.following = undefined;
    this.told = undefined;
    this.roster = new Roster({ port: this.target.port });
  }

  private onChange(): void {
    if (!this.following) return;
    clearTimeout(this.timer);
    const { service } = this.following;
    const config = serviceConfig(this.target, service.policy, this.ownConfig);
    const configText = JSON.stringify(config);
    if (!this.roster.update(service.instances) && configText === this.told) return;
    this.told = configText;
    const list = this.ordered(this.roster.list);
    const facts = new Map<string, Facts extends ReadonlyMap<string, infer F> ? F : never>();
    const endpoints = list.map((item) => {
      const endpoint = { addresses: [{ host: item.host, port: item.port }] };
      facts.set(experimental.endpointToString(endpoint), item);
      return endpoint;
    });
    this.listener(
      experimental.statusOrFromValue(endpoints),
      { [factsKey]: facts },
      experimental.statusOrFromValue(config),
      this.note(),
    );
  }

  private onLate(): void {
    this.fail(`no member has told of it within ${firstListMs} ms`);
  }

  private fail(what: string): void {
    this.listener(
      experimental.statusOrFromError({ code: status.UNAVAILABLE, details: `${this.name()}: ${what}` }),
      {},
      experimental.statusOrFromValue(serviceConfig(this.target, 'weighted_round_robin', this.ownConfig)),
      '',
    );
  }

  /** Own zone first, each in an order of this channel's own that stays: for policies that take the first. */
  private ordered(list: readonly Listed[]): Listed[] {
    const rank = (item: Listed) => mix(hashText(item.name) ^ this.seed);
    const away = (item: Listed) => (item.zone === (this.target.zone ?? item.zone) ? 0 : 1);
    return [...list].sort((a, b) => away(a) - away(b) || rank(a) - rank(b));
  }

  private name(): string {
    return `service ${this.target.namespace}/${this.target.service}`;
  }

  private note(): string {
    if (this.roster.list.length === 0) return `${this.name()} has no usable instance`;
    return this.roster.panic ? `${this.name()}: most instances are not healthy, so all are called` : '';
  }
}
