import { instanceShare, withShare } from '../../base/instance-checksum.js';
import { instancePath, namespacePrefix, servicePrefix } from '../../machine/registry-keys.js';
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
import { scan } from './scan.js';
import { instanceFilter } from './selector.js';
import { checkNamespace, checkServiceName } from './validate.js';

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
