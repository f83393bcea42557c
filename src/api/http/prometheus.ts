/** Prometheus' HTTP service discovery: the registered instances as lists of targets (https://prometheus.io/docs/prometheus/latest/http_sd/). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import { namespacePrefix, registrySpan, servicePrefix } from '../../machine/registry-keys.js';
import type { Instance } from '../../proto/quorate.js';
import type { Door } from '../door.js';
import { instanceFromVersion, isUsable } from '../quorate/instance.js';
import { healthName, statusName } from '../quorate/instance-status.js';
import { checkNamespace, checkServiceName } from '../quorate/validate.js';
import { KeyPages, type Span } from '../quorate/watch-pages.js';
import { type HttpSide, queryOf } from './http-side.js';
import { sendText } from './responses.js';

export const prometheusPath = '/sd/prometheus';

const pageKeys = 100;

/** `?namespace=`, `?service=` (each as often as wanted; none: all) and `?port=`, the name of the port to scrape (none: the instances' own). */
interface Wanted {
  readonly namespaces: readonly string[];
  readonly services: ReadonlySet<string>;
  readonly port: string | undefined;
}

export function servePrometheus(side: HttpSide, door: Door): void {
  side.route('GET', prometheusPath, (request, response) => onTargets(door, request, response));
}

function onTargets(door: Door, request: IncomingMessage, response: ServerResponse): void {
  try {
    door.checkServing();
    const wanted = checked(queryOf(request));
    const deadline = performance.now() + limits.etcdWaitMs;
    // Better no answer than an old one: Prometheus then keeps the targets that it has.
    const waiting = door.replica.readBarrier(deadline, (error) => {
      if (error) refuse(door, response, error);
      else new Targets(door, wanted, response).send();
    });
    response.on('close', () => waiting.cancel());
  } catch (thrown) {
    refuse(door, response, thrown);
  }
}

function refuse(door: Door, response: ServerResponse, thrown: unknown): void {
  const { reason, message } = door.errorOf(thrown, prometheusPath);
  const status = reason === 'INVALID_NAME' || reason === 'INVALID_FIELD' ? 400 : reason === 'BUG' ? 500 : 503;
  sendText(response, status, `${message}\n`);
}

function checked(query: URLSearchParams): Wanted {
  const known = new Set(['namespace', 'service', 'port']);
  for (const name of query.keys())
    if (!known.has(name))
      throw new QuorateError('INVALID_FIELD', `"${name}" means nothing here; there are ${[...known].join(', ')}`);
  const namespaces = query.getAll('namespace');
  const services = query.getAll('service');
  for (const namespace of namespaces) checkNamespace(namespace);
  for (const service of services) checkServiceName(service);
  return {
    namespaces: [...new Set(namespaces)].sort(),
    services: new Set(services),
    port: query.get('port') ?? undefined,
  };
}

/** One list of targets on its way. */
class Targets {
  private readonly pages: KeyPages;
  private readonly parts: Buffer[] = [];

  constructor(
    private readonly door: Door,
    private readonly wanted: Wanted,
    private readonly response: ServerResponse,
  ) {
    const { revision } = door.replica.machine;
    this.pages = new KeyPages(spansOf(wanted), revision, { keysOnly: false, pageKeys, pageBytes: limits.pageBytes });
  }

  /** In as many turns of the event loop as it takes. */
  send(): void {
    if (this.response.destroyed) return;
    try {
      this.gather();
    } catch (thrown) {
      refuse(this.door, this.response, thrown);
      return;
    }
    if (!this.pages.done) {
      setImmediate(() => this.send());
      return;
    }
    this.parts.push(Buffer.from(this.parts.length === 0 ? '[]' : ']'));
    const length = this.parts.reduce((sum, part) => sum + part.length, 0);
    this.response.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
    for (const part of this.parts) this.response.write(part);
    this.response.end();
  }

  private gather(): void {
    const { services, port } = this.wanted;
    // Asked for anew each time: installing an image replaces the machine.
    for (const version of this.pages.next(this.door.replica.machine)) {
      const instance = instanceFromVersion(version);
      if (services.size > 0 && !services.has(instance.service)) continue;
      const group = groupOf(instance, port);
      if (!group) continue;
      this.parts.push(Buffer.from((this.parts.length === 0 ? '[' : ',') + JSON.stringify(group)));
    }
  }
}

/** Where the wanted instances are: nothing else is read, unless a service is wanted from every namespace. */
function spansOf({ namespaces, services }: Wanted): readonly Span[] {
  if (namespaces.length === 0) return [registrySpan];
  const prefixes = namespaces.flatMap((namespace) =>
    services.size === 0
      ? [namespacePrefix(namespace)]
      : [...services].sort().map((service) => servicePrefix(namespace, service)),
  );
  return prefixes.map((key) => ({ key, end: prefixEnd(key) }));
}

interface TargetGroup {
  readonly targets: readonly [string];
  readonly labels: Readonly<Record<string, string>>;
}

/** A list of its own for every instance, since labels are those of a list. Undefined: it has no such port, so there is nothing to scrape. */
export function groupOf(instance: Instance, portName: string | undefined): TargetGroup | undefined {
  const { address, ports } = instance;
  const named = portName !== undefined && Object.hasOwn(ports, portName) ? ports[portName] : undefined;
  const port = portName === undefined ? instance.port : named;
  if (!port) return undefined;
  return { targets: [`${isIPv6(address) ? `[${address}]` : address}:${port}`], labels: labelsOf(instance) };
}

/** Names beginning with `__meta_` are for relabelling, and dropped after it. */
const prefix = '__meta_quorate_';

function labelsOf(instance: Instance): Record<string, string> {
  const { namespace, service, id, address, port, weight, zone, version, status, health, ports, metadata } = instance;
  const labels: Record<string, string> = {
    [`${prefix}namespace`]: namespace,
    [`${prefix}service`]: service,
    [`${prefix}id`]: id,
    [`${prefix}address`]: address,
    [`${prefix}port`]: String(port),
    [`${prefix}weight`]: String(weight),
    [`${prefix}zone`]: zone,
    [`${prefix}version`]: version,
    [`${prefix}status`]: statusName(status) ?? '',
    [`${prefix}health`]: healthName(health) ?? '',
    [`${prefix}usable`]: String(isUsable(instance)),
  };
  for (const [name, number] of Object.entries(ports)) labels[`${prefix}port_${labelName(name)}`] = String(number);
  for (const [name, value] of Object.entries(metadata)) labels[`${prefix}metadata_${labelName(name)}`] = value;
  return labels;
}

/** Label names have letters, digits and underscores. */
function labelName(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/g, '_');
}
