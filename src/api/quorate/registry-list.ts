import type { Key, Revision } from '../../base/ids.js';
import { instanceShare, withShare } from '../../base/instance-checksum.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import { instancePath, namespacePrefix, servicePrefix } from '../../machine/registry-keys.js';
import type { KeyVersion } from '../../machine/types.js';
import { InstanceStatus } from '../../proto/gen/quorate/v1/InstanceStatus.js';
import type {
  InstanceIn,
  ListInstancesRequest,
  ListInstancesResponseIn,
  ListServicesRequest,
  ListServicesResponseIn,
} from '../../proto/quorate.js';
import { headerOf } from '../header.js';
import type { UnaryCall } from '../unary-call.js';
import { instanceFromVersion } from './instance.js';
import { rangeQuery } from './range-query.js';
import { instanceFilter } from './selector.js';
import { checkNamespace, checkServiceName } from './validate.js';

/** Instances read in one step; a call takes as many steps in a turn of the event loop as its time allows. */
const keysPerStep = 100;

export function onListInstances(request: ListInstancesRequest, call: UnaryCall<ListInstancesResponseIn>): void {
  const { namespace, service } = request;
  checkNamespace(namespace);
  checkServiceName(service);
  const selected = instanceFilter(request.selector);
  const instances: InstanceIn[] = [];
  let checksum = 0;
  call.read(request.read, () =>
    scan(
      call,
      servicePrefix(namespace, service),
      (version) => {
        const instance = instanceFromVersion(version);
        if (!selected(instance)) return;
        instances.push(instance);
        checksum = withShare(checksum, instanceShare(instancePath(version.key), version.modRevision));
      },
      (revision) => call.reply({ header: headerOf(call.replica, revision), instances, checksum }),
    ),
  );
}

export function onListServices(request: ListServicesRequest, call: UnaryCall<ListServicesResponseIn>): void {
  const { namespace } = request;
  checkNamespace(namespace);
  const services = new Map<string, { readonly name: string; instances: number; up: number }>();
  call.read(request.read, () =>
    scan(
      call,
      namespacePrefix(namespace),
      (version) => {
        const { service, status } = instanceFromVersion(version);
        const summary = services.get(service) ?? { name: service, instances: 0, up: 0 };
        summary.instances++;
        if (status === InstanceStatus.UP) summary.up++;
        services.set(service, summary);
      },
      (revision) => call.reply({ header: headerOf(call.replica, revision), services: [...services.values()] }),
    ),
  );
}

/** Visits all keys with the prefix as of the current revision, in as many turns of the event loop as it takes. */
function scan<Res extends object>(
  call: UnaryCall<Res>,
  prefix: Key,
  visit: (version: KeyVersion) => void,
  done: (revision: Revision) => void,
): void {
  const { revision } = call.replica.machine;
  const end = prefixEnd(prefix);
  let start = prefix;
  call.inTurns(() => {
    // Asked for anew each time: installing an image replaces the machine.
    const { machine } = call.replica;
    const query = rangeQuery(start, end, { revision, limit: keysPerStep, keysOnly: false });
    const { items, more } = machine.range(query, limits.pageBytes, false);
    for (const item of items) visit(item);
    const last = items.at(-1);
    if (more && last) start = `${last.key}\0` as Key;
    else done(revision);
    return !more;
  });
}
