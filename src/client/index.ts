/** The TypeScript client of Quorate: what `import … from 'quorate'` gives. */
export { Code, QuorateError, type Reason } from '../base/errors.js';
export type { Log } from '../base/log.js';
export type { BalancerOptions } from './balancing/balancer.js';
export type { PolicyName } from './balancing/policy.js';
export type { Picked, PickOptions, ServicePickerOptions } from './balancing/service-picker.js';
export { ServicePicker } from './balancing/service-picker.js';
export type { BindingChange, BindingProblem, BindOptions, ConfigBinding } from './binding/binding.js';
export type { Difference } from './binding/difference.js';
export type { ConfigIssue } from './binding/document-tree.js';
export type { SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './binding/standard-schema.js';
export { connect, QuorateClient } from './client.js';
export type { ClusterClient, ClusterMember, MemberStatus, NewMember, StatusOptions } from './cluster.js';
export type {
  ConditionalOptions,
  ConfigClient,
  ConfigPage,
  ConfigView,
  ConfigWatchOptions,
  GetOptions,
  HistoryOptions,
  ListOptions,
  ListPageOptions,
  MutationOptions,
  PublishChange,
  Published,
  PublishOptions,
  PutOptions,
} from './config.js';
export type { ConfigSelection } from './config-watch.js';
export { ConfigDocument, type DocumentName } from './document.js';
export type { Drained, DrainOptions } from './drain.js';
export type {
  ConfigChangesEvent,
  ConfigEvent,
  ProgressEvent,
  RegistryChangesEvent,
  RegistryEvent,
  SnapshotEvent,
  WatchOptions,
} from './events.js';
export type { GrpcHealthCheck, HealthCheck, HttpHealthCheck, TcpHealthCheck } from './health-check.js';
export {
  type Health,
  type Instance,
  type InstanceData,
  type InstanceRef,
  type InstanceSelector,
  type InstanceStatus,
  isUsable,
  type ServiceSummary,
} from './instance.js';
export type { CallOptions, ConnectOptions, ReadOptions } from './options.js';
export type { Registration, RegistrationOptions, RegistrationState } from './registration.js';
export type {
  DeregisterOptions,
  Granted,
  GrantOptions,
  ListInstancesOptions,
  PutServiceOptions,
  RegistryClient,
  RegistryView,
  RegistryViewOptions,
  RegistryWatchOptions,
  SetStatusOptions,
} from './registry.js';
export type { RegistrySelection } from './registry-watch.js';
export type { BalancingPolicy, GuardSettings, ServiceInfo, ServiceSettings } from './service.js';
export type { LiveView, ViewChange, ViewOptions } from './view.js';
export type { Watch } from './watch.js';
