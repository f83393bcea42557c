/** Settings of services, and how services are. */
import { QuorateError } from '../../base/errors.js';
import type { Key } from '../../base/ids.js';
import type { Machine } from '../../machine/machine.js';
import { servicePrefix, settingsKey } from '../../machine/registry-keys.js';
import { Health } from '../../proto/gen/quorate/v1/Health.js';
import type {
  GetServiceRequest,
  GetServiceResponseIn,
  PutServiceRequest,
  PutServiceResponseIn,
  ServiceSettings,
} from '../../proto/quorate.js';
import { headerOf } from '../header.js';
import type { UnaryCall } from '../unary-call.js';
import { instanceFromVersion } from './instance.js';
import { healthName, statusName } from './instance-status.js';
import { rangeQuery } from './range-query.js';
import { scan } from './scan.js';
import { checkSettings, settingsFromVersion, settingsJson } from './service-settings.js';
import { checkNamespace, checkNotNegative, checkRequestId, checkServiceName } from './validate.js';

export function onPutService(request: PutServiceRequest, call: UnaryCall<PutServiceResponseIn>): void {
  const { settings, ifVersion, requestId } = request;
  if (!settings) throw new QuorateError('INVALID_FIELD', 'settings is missing', { field: 'settings' });
  checkSettings(settings);
  if (ifVersion !== undefined) checkNotNegative(ifVersion, 'if_version');
  checkRequestId(requestId);
  const { namespace, name: service } = settings;
  call.submit(
    { kind: 'putService', namespace, service, json: settingsJson(settings), ifVersion },
    requestId,
    'putService',
    ({ version }, header) => ({ header, version }),
  );
}

export function onGetService(request: GetServiceRequest, call: UnaryCall<GetServiceResponseIn>): void {
  const { namespace, name } = request;
  checkNamespace(namespace);
  checkServiceName(name, 'name');
  const statuses: Record<string, number> = {};
  const healths: Record<string, number> = {};
  let guardingSinceMs = 0;
  call.read(request.read, () => {
    const { machine } = call.replica;
    const settings = serviceSettings(machine, namespace, name);
    const ended = machine.service(namespace, name)?.ended ?? 0;
    scan(
      call,
      servicePrefix(namespace, name),
      (version) => {
        const { status, health, healthChangedAtMs } = instanceFromVersion(version);
        count(statuses, statusName(status));
        count(healths, healthName(health));
        if (health !== Health.SUSPECT) return;
        guardingSinceMs = guardingSinceMs === 0 ? healthChangedAtMs : Math.min(guardingSinceMs, healthChangedAtMs);
      },
      (revision) =>
        call.reply({ header: headerOf(call.replica, revision), settings, statuses, healths, ended, guardingSinceMs }),
    );
  });
}

function count(numbers: Record<string, number>, name: string | undefined): void {
  if (name !== undefined) numbers[name] = (numbers[name] ?? 0) + 1;
}

/** The settings of a service as this member has them now, defaults filled in. */
export function serviceSettings(machine: Machine, namespace: string, name: string): ServiceSettings {
  const key = settingsKey(namespace, name);
  const { items } = machine.range(
    rangeQuery(key, `${key}\0` as Key, { revision: machine.revision, limit: 1, keysOnly: false }),
  );
  return settingsFromVersion(namespace, name, items[0]);
}
