/** Messages and methods of the native API (`proto/quorate/v1`). */
import { message, method } from './codec.js';
import type * as AcknowledgeRequestType from './gen/quorate/v1/AcknowledgeRequest.js';
import type * as AcknowledgeResponseType from './gen/quorate/v1/AcknowledgeResponse.js';
import type * as AddMemberRequestType from './gen/quorate/v1/AddMemberRequest.js';
import type * as AddMemberResponseType from './gen/quorate/v1/AddMemberResponse.js';
import type * as CompactRequestType from './gen/quorate/v1/CompactRequest.js';
import type * as CompactResponseType from './gen/quorate/v1/CompactResponse.js';
import type * as ConfigChangeType from './gen/quorate/v1/ConfigChange.js';
import type * as ConfigChangesType from './gen/quorate/v1/ConfigChanges.js';
import type * as ConfigContentType from './gen/quorate/v1/ConfigContent.js';
import type * as ConfigPreconditionType from './gen/quorate/v1/ConfigPrecondition.js';
import type * as ConfigSnapshotType from './gen/quorate/v1/ConfigSnapshot.js';
import type * as DeleteConfigRequestType from './gen/quorate/v1/DeleteConfigRequest.js';
import type * as DeleteConfigResponseType from './gen/quorate/v1/DeleteConfigResponse.js';
import type * as DeregisterRequestType from './gen/quorate/v1/DeregisterRequest.js';
import type * as DeregisterResponseType from './gen/quorate/v1/DeregisterResponse.js';
import type * as DocumentType from './gen/quorate/v1/Document.js';
import type * as DrainRequestType from './gen/quorate/v1/DrainRequest.js';
import type * as DrainResponseType from './gen/quorate/v1/DrainResponse.js';
import type * as GetConfigRequestType from './gen/quorate/v1/GetConfigRequest.js';
import type * as GetConfigResponseType from './gen/quorate/v1/GetConfigResponse.js';
import type * as GetServiceRequestType from './gen/quorate/v1/GetServiceRequest.js';
import type * as GetServiceResponseType from './gen/quorate/v1/GetServiceResponse.js';
import type * as HealthCheckType from './gen/quorate/v1/HealthCheck.js';
import type * as HistoryRequestType from './gen/quorate/v1/HistoryRequest.js';
import type * as HistoryResponseType from './gen/quorate/v1/HistoryResponse.js';
import type * as InstanceType from './gen/quorate/v1/Instance.js';
import type * as InstanceRefType from './gen/quorate/v1/InstanceRef.js';
import type * as InstanceSelectorType from './gen/quorate/v1/InstanceSelector.js';
import type * as KeepAliveRequestType from './gen/quorate/v1/KeepAliveRequest.js';
import type * as KeepAliveResponseType from './gen/quorate/v1/KeepAliveResponse.js';
import type * as ListConfigRequestType from './gen/quorate/v1/ListConfigRequest.js';
import type * as ListConfigResponseType from './gen/quorate/v1/ListConfigResponse.js';
import type * as ListInstancesRequestType from './gen/quorate/v1/ListInstancesRequest.js';
import type * as ListInstancesResponseType from './gen/quorate/v1/ListInstancesResponse.js';
import type * as ListMembersRequestType from './gen/quorate/v1/ListMembersRequest.js';
import type * as ListMembersResponseType from './gen/quorate/v1/ListMembersResponse.js';
import type * as ListServicesRequestType from './gen/quorate/v1/ListServicesRequest.js';
import type * as ListServicesResponseType from './gen/quorate/v1/ListServicesResponse.js';
import type * as MemberType from './gen/quorate/v1/Member.js';
import type * as ProgressType from './gen/quorate/v1/Progress.js';
import type * as PromoteMemberRequestType from './gen/quorate/v1/PromoteMemberRequest.js';
import type * as PromoteMemberResponseType from './gen/quorate/v1/PromoteMemberResponse.js';
import type * as PublishRequestType from './gen/quorate/v1/PublishRequest.js';
import type * as PublishResponseType from './gen/quorate/v1/PublishResponse.js';
import type * as PutConfigRequestType from './gen/quorate/v1/PutConfigRequest.js';
import type * as PutConfigResponseType from './gen/quorate/v1/PutConfigResponse.js';
import type * as PutServiceRequestType from './gen/quorate/v1/PutServiceRequest.js';
import type * as PutServiceResponseType from './gen/quorate/v1/PutServiceResponse.js';
import type * as ReadOptionsType from './gen/quorate/v1/ReadOptions.js';
import type * as RegisterRequestType from './gen/quorate/v1/RegisterRequest.js';
import type * as RegisterResponseType from './gen/quorate/v1/RegisterResponse.js';
import type * as RegistryChangesType from './gen/quorate/v1/RegistryChanges.js';
import type * as RegistrySnapshotType from './gen/quorate/v1/RegistrySnapshot.js';
import type * as RemoveMemberRequestType from './gen/quorate/v1/RemoveMemberRequest.js';
import type * as RemoveMemberResponseType from './gen/quorate/v1/RemoveMemberResponse.js';
import type * as ReplaceMemberRequestType from './gen/quorate/v1/ReplaceMemberRequest.js';
import type * as ReplaceMemberResponseType from './gen/quorate/v1/ReplaceMemberResponse.js';
import type * as ResponseHeaderType from './gen/quorate/v1/ResponseHeader.js';
import type * as RollbackRequestType from './gen/quorate/v1/RollbackRequest.js';
import type * as RollbackResponseType from './gen/quorate/v1/RollbackResponse.js';
import type * as ServiceSettingsType from './gen/quorate/v1/ServiceSettings.js';
import type * as ServiceSummaryType from './gen/quorate/v1/ServiceSummary.js';
import type * as SetStatusRequestType from './gen/quorate/v1/SetStatusRequest.js';
import type * as SetStatusResponseType from './gen/quorate/v1/SetStatusResponse.js';
import type * as SnapshotRequestType from './gen/quorate/v1/SnapshotRequest.js';
import type * as SnapshotResponseType from './gen/quorate/v1/SnapshotResponse.js';
import type * as StatusRequestType from './gen/quorate/v1/StatusRequest.js';
import type * as StatusResponseType from './gen/quorate/v1/StatusResponse.js';
import type * as TransferLeadershipRequestType from './gen/quorate/v1/TransferLeadershipRequest.js';
import type * as TransferLeadershipResponseType from './gen/quorate/v1/TransferLeadershipResponse.js';
import type * as WatchConfigRequestType from './gen/quorate/v1/WatchConfigRequest.js';
import type * as WatchConfigResponseType from './gen/quorate/v1/WatchConfigResponse.js';
import type * as WatchRegistryRequestType from './gen/quorate/v1/WatchRegistryRequest.js';
import type * as WatchRegistryResponseType from './gen/quorate/v1/WatchRegistryResponse.js';

export const ResponseHeader = message<ResponseHeaderType.ResponseHeader, ResponseHeaderType.ResponseHeader__Output>(
  'quorate.v1.ResponseHeader',
);
export type ResponseHeader = ResponseHeaderType.ResponseHeader__Output;
export type ResponseHeaderIn = ResponseHeaderType.ResponseHeader;
export const ReadOptions = message<ReadOptionsType.ReadOptions, ReadOptionsType.ReadOptions__Output>(
  'quorate.v1.ReadOptions',
);
export type ReadOptions = ReadOptionsType.ReadOptions__Output;
export type ReadOptionsIn = ReadOptionsType.ReadOptions;
export const Progress = message<ProgressType.Progress, ProgressType.Progress__Output>('quorate.v1.Progress');
export type Progress = ProgressType.Progress__Output;
export type ProgressIn = ProgressType.Progress;
export const Document = message<DocumentType.Document, DocumentType.Document__Output>('quorate.v1.Document');
export type Document = DocumentType.Document__Output;
export type DocumentIn = DocumentType.Document;
export const GetConfigRequest = message<
  GetConfigRequestType.GetConfigRequest,
  GetConfigRequestType.GetConfigRequest__Output
>('quorate.v1.GetConfigRequest');
export type GetConfigRequest = GetConfigRequestType.GetConfigRequest__Output;
export type GetConfigRequestIn = GetConfigRequestType.GetConfigRequest;
export const GetConfigResponse = message<
  GetConfigResponseType.GetConfigResponse,
  GetConfigResponseType.GetConfigResponse__Output
>('quorate.v1.GetConfigResponse');
export type GetConfigResponse = GetConfigResponseType.GetConfigResponse__Output;
export type GetConfigResponseIn = GetConfigResponseType.GetConfigResponse;
export const ListConfigRequest = message<
  ListConfigRequestType.ListConfigRequest,
  ListConfigRequestType.ListConfigRequest__Output
>('quorate.v1.ListConfigRequest');
export type ListConfigRequest = ListConfigRequestType.ListConfigRequest__Output;
export type ListConfigRequestIn = ListConfigRequestType.ListConfigRequest;
export const ListConfigResponse = message<
  ListConfigResponseType.ListConfigResponse,
  ListConfigResponseType.ListConfigResponse__Output
>('quorate.v1.ListConfigResponse');
export type ListConfigResponse = ListConfigResponseType.ListConfigResponse__Output;
export type ListConfigResponseIn = ListConfigResponseType.ListConfigResponse;
export const PutConfigRequest = message<
  PutConfigRequestType.PutConfigRequest,
  PutConfigRequestType.PutConfigRequest__Output
>('quorate.v1.PutConfigRequest');
export type PutConfigRequest = PutConfigRequestType.PutConfigRequest__Output;
export type PutConfigRequestIn = PutConfigRequestType.PutConfigRequest;
export const PutConfigResponse = message<
  PutConfigResponseType.PutConfigResponse,
  PutConfigResponseType.PutConfigResponse__Output
>('quorate.v1.PutConfigResponse');
export type PutConfigResponse = PutConfigResponseType.PutConfigResponse__Output;
export type PutConfigResponseIn = PutConfigResponseType.PutConfigResponse;
export const DeleteConfigRequest = message<
  DeleteConfigRequestType.DeleteConfigRequest,
  DeleteConfigRequestType.DeleteConfigRequest__Output
>('quorate.v1.DeleteConfigRequest');
export type DeleteConfigRequest = DeleteConfigRequestType.DeleteConfigRequest__Output;
export type DeleteConfigRequestIn = DeleteConfigRequestType.DeleteConfigRequest;
export const DeleteConfigResponse = message<
  DeleteConfigResponseType.DeleteConfigResponse,
  DeleteConfigResponseType.DeleteConfigResponse__Output
>('quorate.v1.DeleteConfigResponse');
export type DeleteConfigResponse = DeleteConfigResponseType.DeleteConfigResponse__Output;
export type DeleteConfigResponseIn = DeleteConfigResponseType.DeleteConfigResponse;
export const ConfigChange = message<ConfigChangeType.ConfigChange, ConfigChangeType.ConfigChange__Output>(
  'quorate.v1.ConfigChange',
);
export type ConfigChange = ConfigChangeType.ConfigChange__Output;
export type ConfigChangeIn = ConfigChangeType.ConfigChange;
export const ConfigContent = message<ConfigContentType.ConfigContent, ConfigContentType.ConfigContent__Output>(
  'quorate.v1.ConfigContent',
);
export type ConfigContent = ConfigContentType.ConfigContent__Output;
export type ConfigContentIn = ConfigContentType.ConfigContent;
export const ConfigPrecondition = message<
  ConfigPreconditionType.ConfigPrecondition,
  ConfigPreconditionType.ConfigPrecondition__Output
>('quorate.v1.ConfigPrecondition');
export type ConfigPrecondition = ConfigPreconditionType.ConfigPrecondition__Output;
export type ConfigPreconditionIn = ConfigPreconditionType.ConfigPrecondition;
export const PublishRequest = message<PublishRequestType.PublishRequest, PublishRequestType.PublishRequest__Output>(
  'quorate.v1.PublishRequest',
);
export type PublishRequest = PublishRequestType.PublishRequest__Output;
export type PublishRequestIn = PublishRequestType.PublishRequest;
export const PublishResponse = message<
  PublishResponseType.PublishResponse,
  PublishResponseType.PublishResponse__Output
>('quorate.v1.PublishResponse');
export type PublishResponse = PublishResponseType.PublishResponse__Output;
export type PublishResponseIn = PublishResponseType.PublishResponse;
export const HistoryRequest = message<HistoryRequestType.HistoryRequest, HistoryRequestType.HistoryRequest__Output>(
  'quorate.v1.HistoryRequest',
);
export type HistoryRequest = HistoryRequestType.HistoryRequest__Output;
export type HistoryRequestIn = HistoryRequestType.HistoryRequest;
export const HistoryResponse = message<
  HistoryResponseType.HistoryResponse,
  HistoryResponseType.HistoryResponse__Output
>('quorate.v1.HistoryResponse');
export type HistoryResponse = HistoryResponseType.HistoryResponse__Output;
export type HistoryResponseIn = HistoryResponseType.HistoryResponse;
export const RollbackRequest = message<
  RollbackRequestType.RollbackRequest,
  RollbackRequestType.RollbackRequest__Output
>('quorate.v1.RollbackRequest');
export type RollbackRequest = RollbackRequestType.RollbackRequest__Output;
export type RollbackRequestIn = RollbackRequestType.RollbackRequest;
export const RollbackResponse = message<
  RollbackResponseType.RollbackResponse,
  RollbackResponseType.RollbackResponse__Output
>('quorate.v1.RollbackResponse');
export type RollbackResponse = RollbackResponseType.RollbackResponse__Output;
export type RollbackResponseIn = RollbackResponseType.RollbackResponse;
export const WatchConfigRequest = message<
  WatchConfigRequestType.WatchConfigRequest,
  WatchConfigRequestType.WatchConfigRequest__Output
>('quorate.v1.WatchConfigRequest');
export type WatchConfigRequest = WatchConfigRequestType.WatchConfigRequest__Output;
export type WatchConfigRequestIn = WatchConfigRequestType.WatchConfigRequest;
export const WatchConfigResponse = message<
  WatchConfigResponseType.WatchConfigResponse,
  WatchConfigResponseType.WatchConfigResponse__Output
>('quorate.v1.WatchConfigResponse');
export type WatchConfigResponse = WatchConfigResponseType.WatchConfigResponse__Output;
export type WatchConfigResponseIn = WatchConfigResponseType.WatchConfigResponse;
export const ConfigSnapshot = message<ConfigSnapshotType.ConfigSnapshot, ConfigSnapshotType.ConfigSnapshot__Output>(
  'quorate.v1.ConfigSnapshot',
);
export type ConfigSnapshot = ConfigSnapshotType.ConfigSnapshot__Output;
export type ConfigSnapshotIn = ConfigSnapshotType.ConfigSnapshot;
export const ConfigChanges = message<ConfigChangesType.ConfigChanges, ConfigChangesType.ConfigChanges__Output>(
  'quorate.v1.ConfigChanges',
);
export type ConfigChanges = ConfigChangesType.ConfigChanges__Output;
export type ConfigChangesIn = ConfigChangesType.ConfigChanges;
export const Instance = message<InstanceType.Instance, InstanceType.Instance__Output>('quorate.v1.Instance');
export type Instance = InstanceType.Instance__Output;
export type InstanceIn = InstanceType.Instance;
export const InstanceSelector = message<
  InstanceSelectorType.InstanceSelector,
  InstanceSelectorType.InstanceSelector__Output
>('quorate.v1.InstanceSelector');
export type InstanceSelector = InstanceSelectorType.InstanceSelector__Output;
export type InstanceSelectorIn = InstanceSelectorType.InstanceSelector;
export const RegisterRequest = message<
  RegisterRequestType.RegisterRequest,
  RegisterRequestType.RegisterRequest__Output
>('quorate.v1.RegisterRequest');
export type RegisterRequest = RegisterRequestType.RegisterRequest__Output;
export type RegisterRequestIn = RegisterRequestType.RegisterRequest;
export const RegisterResponse = message<
  RegisterResponseType.RegisterResponse,
  RegisterResponseType.RegisterResponse__Output
>('quorate.v1.RegisterResponse');
export type RegisterResponse = RegisterResponseType.RegisterResponse__Output;
export type RegisterResponseIn = RegisterResponseType.RegisterResponse;
export const KeepAliveRequest = message<
  KeepAliveRequestType.KeepAliveRequest,
  KeepAliveRequestType.KeepAliveRequest__Output
>('quorate.v1.KeepAliveRequest');
export type KeepAliveRequest = KeepAliveRequestType.KeepAliveRequest__Output;
export type KeepAliveRequestIn = KeepAliveRequestType.KeepAliveRequest;
export const KeepAliveResponse = message<
  KeepAliveResponseType.KeepAliveResponse,
  KeepAliveResponseType.KeepAliveResponse__Output
>('quorate.v1.KeepAliveResponse');
export type KeepAliveResponse = KeepAliveResponseType.KeepAliveResponse__Output;
export type KeepAliveResponseIn = KeepAliveResponseType.KeepAliveResponse;
export const DeregisterRequest = message<
  DeregisterRequestType.DeregisterRequest,
  DeregisterRequestType.DeregisterRequest__Output
>('quorate.v1.DeregisterRequest');
export type DeregisterRequest = DeregisterRequestType.DeregisterRequest__Output;
export type DeregisterRequestIn = DeregisterRequestType.DeregisterRequest;
export const DeregisterResponse = message<
  DeregisterResponseType.DeregisterResponse,
  DeregisterResponseType.DeregisterResponse__Output
>('quorate.v1.DeregisterResponse');
export type DeregisterResponse = DeregisterResponseType.DeregisterResponse__Output;
export type DeregisterResponseIn = DeregisterResponseType.DeregisterResponse;
export const SetStatusRequest = message<
  SetStatusRequestType.SetStatusRequest,
  SetStatusRequestType.SetStatusRequest__Output
>('quorate.v1.SetStatusRequest');
export type SetStatusRequest = SetStatusRequestType.SetStatusRequest__Output;
export type SetStatusRequestIn = SetStatusRequestType.SetStatusRequest;
export const SetStatusResponse = message<
  SetStatusResponseType.SetStatusResponse,
  SetStatusResponseType.SetStatusResponse__Output
>('quorate.v1.SetStatusResponse');
export type SetStatusResponse = SetStatusResponseType.SetStatusResponse__Output;
export type SetStatusResponseIn = SetStatusResponseType.SetStatusResponse;
export const ListServicesRequest = message<
  ListServicesRequestType.ListServicesRequest,
  ListServicesRequestType.ListServicesRequest__Output
>('quorate.v1.ListServicesRequest');
export type ListServicesRequest = ListServicesRequestType.ListServicesRequest__Output;
export type ListServicesRequestIn = ListServicesRequestType.ListServicesRequest;
export const ServiceSummary = message<ServiceSummaryType.ServiceSummary, ServiceSummaryType.ServiceSummary__Output>(
  'quorate.v1.ServiceSummary',
);
export type ServiceSummary = ServiceSummaryType.ServiceSummary__Output;
export type ServiceSummaryIn = ServiceSummaryType.ServiceSummary;
export const ListServicesResponse = message<
  ListServicesResponseType.ListServicesResponse,
  ListServicesResponseType.ListServicesResponse__Output
>('quorate.v1.ListServicesResponse');
export type ListServicesResponse = ListServicesResponseType.ListServicesResponse__Output;
export type ListServicesResponseIn = ListServicesResponseType.ListServicesResponse;
export const ListInstancesRequest = message<
  ListInstancesRequestType.ListInstancesRequest,
  ListInstancesRequestType.ListInstancesRequest__Output
>('quorate.v1.ListInstancesRequest');
export type ListInstancesRequest = ListInstancesRequestType.ListInstancesRequest__Output;
export type ListInstancesRequestIn = ListInstancesRequestType.ListInstancesRequest;
export const ListInstancesResponse = message<
  ListInstancesResponseType.ListInstancesResponse,
  ListInstancesResponseType.ListInstancesResponse__Output
>('quorate.v1.ListInstancesResponse');
export type ListInstancesResponse = ListInstancesResponseType.ListInstancesResponse__Output;
export type ListInstancesResponseIn = ListInstancesResponseType.ListInstancesResponse;
export const WatchRegistryRequest = message<
  WatchRegistryRequestType.WatchRegistryRequest,
  WatchRegistryRequestType.WatchRegistryRequest__Output
>('quorate.v1.WatchRegistryRequest');
export type WatchRegistryRequest = WatchRegistryRequestType.WatchRegistryRequest__Output;
export type WatchRegistryRequestIn = WatchRegistryRequestType.WatchRegistryRequest;
export const WatchRegistryResponse = message<
  WatchRegistryResponseType.WatchRegistryResponse,
  WatchRegistryResponseType.WatchRegistryResponse__Output
>('quorate.v1.WatchRegistryResponse');
export type WatchRegistryResponse = WatchRegistryResponseType.WatchRegistryResponse__Output;
export type WatchRegistryResponseIn = WatchRegistryResponseType.WatchRegistryResponse;
export const RegistrySnapshot = message<
  RegistrySnapshotType.RegistrySnapshot,
  RegistrySnapshotType.RegistrySnapshot__Output
>('quorate.v1.RegistrySnapshot');
export type RegistrySnapshot = RegistrySnapshotType.RegistrySnapshot__Output;
export type RegistrySnapshotIn = RegistrySnapshotType.RegistrySnapshot;
export const RegistryChanges = message<
  RegistryChangesType.RegistryChanges,
  RegistryChangesType.RegistryChanges__Output
>('quorate.v1.RegistryChanges');
export type RegistryChanges = RegistryChangesType.RegistryChanges__Output;
export type RegistryChangesIn = RegistryChangesType.RegistryChanges;
export const InstanceRef = message<InstanceRefType.InstanceRef, InstanceRefType.InstanceRef__Output>(
  'quorate.v1.InstanceRef',
);
export type InstanceRef = InstanceRefType.InstanceRef__Output;
export type InstanceRefIn = InstanceRefType.InstanceRef;
export const Member = message<MemberType.Member, MemberType.Member__Output>('quorate.v1.Member');
export type Member = MemberType.Member__Output;
export type MemberIn = MemberType.Member;
export const StatusRequest = message<StatusRequestType.StatusRequest, StatusRequestType.StatusRequest__Output>(
  'quorate.v1.StatusRequest',
);
export type StatusRequest = StatusRequestType.StatusRequest__Output;
export type StatusRequestIn = StatusRequestType.StatusRequest;
export const StatusResponse = message<StatusResponseType.StatusResponse, StatusResponseType.StatusResponse__Output>(
  'quorate.v1.StatusResponse',
);
export type StatusResponse = StatusResponseType.StatusResponse__Output;
export type StatusResponseIn = StatusResponseType.StatusResponse;
export const ListMembersRequest = message<
  ListMembersRequestType.ListMembersRequest,
  ListMembersRequestType.ListMembersRequest__Output
>('quorate.v1.ListMembersRequest');
export type ListMembersRequest = ListMembersRequestType.ListMembersRequest__Output;
export type ListMembersRequestIn = ListMembersRequestType.ListMembersRequest;
export const ListMembersResponse = message<
  ListMembersResponseType.ListMembersResponse,
  ListMembersResponseType.ListMembersResponse__Output
>('quorate.v1.ListMembersResponse');
export type ListMembersResponse = ListMembersResponseType.ListMembersResponse__Output;
export type ListMembersResponseIn = ListMembersResponseType.ListMembersResponse;
export const TransferLeadershipRequest = message<
  TransferLeadershipRequestType.TransferLeadershipRequest,
  TransferLeadershipRequestType.TransferLeadershipRequest__Output
>('quorate.v1.TransferLeadershipRequest');
export type TransferLeadershipRequest = TransferLeadershipRequestType.TransferLeadershipRequest__Output;
export type TransferLeadershipRequestIn = TransferLeadershipRequestType.TransferLeadershipRequest;
export const TransferLeadershipResponse = message<
  TransferLeadershipResponseType.TransferLeadershipResponse,
  TransferLeadershipResponseType.TransferLeadershipResponse__Output
>('quorate.v1.TransferLeadershipResponse');
export type TransferLeadershipResponse = TransferLeadershipResponseType.TransferLeadershipResponse__Output;
export type TransferLeadershipResponseIn = TransferLeadershipResponseType.TransferLeadershipResponse;
export const CompactRequest = message<CompactRequestType.CompactRequest, CompactRequestType.CompactRequest__Output>(
  'quorate.v1.CompactRequest',
);
export type CompactRequest = CompactRequestType.CompactRequest__Output;
export type CompactRequestIn = CompactRequestType.CompactRequest;
export const CompactResponse = message<
  CompactResponseType.CompactResponse,
  CompactResponseType.CompactResponse__Output
>('quorate.v1.CompactResponse');
export type CompactResponse = CompactResponseType.CompactResponse__Output;
export type CompactResponseIn = CompactResponseType.CompactResponse;
export const SnapshotRequest = message<
  SnapshotRequestType.SnapshotRequest,
  SnapshotRequestType.SnapshotRequest__Output
>('quorate.v1.SnapshotRequest');
export type SnapshotRequest = SnapshotRequestType.SnapshotRequest__Output;
export type SnapshotRequestIn = SnapshotRequestType.SnapshotRequest;
export const SnapshotResponse = message<
  SnapshotResponseType.SnapshotResponse,
  SnapshotResponseType.SnapshotResponse__Output
>('quorate.v1.SnapshotResponse');
export type SnapshotResponse = SnapshotResponseType.SnapshotResponse__Output;
export type SnapshotResponseIn = SnapshotResponseType.SnapshotResponse;

export const AddMemberRequest = message<
  AddMemberRequestType.AddMemberRequest,
  AddMemberRequestType.AddMemberRequest__Output
>('quorate.v1.AddMemberRequest');
export type AddMemberRequest = AddMemberRequestType.AddMemberRequest__Output;
export type AddMemberRequestIn = AddMemberRequestType.AddMemberRequest;
export const AddMemberResponse = message<
  AddMemberResponseType.AddMemberResponse,
  AddMemberResponseType.AddMemberResponse__Output
>('quorate.v1.AddMemberResponse');
export type AddMemberResponse = AddMemberResponseType.AddMemberResponse__Output;
export type AddMemberResponseIn = AddMemberResponseType.AddMemberResponse;
export const PromoteMemberRequest = message<
  PromoteMemberRequestType.PromoteMemberRequest,
  PromoteMemberRequestType.PromoteMemberRequest__Output
>('quorate.v1.PromoteMemberRequest');
export type PromoteMemberRequest = PromoteMemberRequestType.PromoteMemberRequest__Output;
export type PromoteMemberRequestIn = PromoteMemberRequestType.PromoteMemberRequest;
export const PromoteMemberResponse = message<
  PromoteMemberResponseType.PromoteMemberResponse,
  PromoteMemberResponseType.PromoteMemberResponse__Output
>('quorate.v1.PromoteMemberResponse');
export type PromoteMemberResponse = PromoteMemberResponseType.PromoteMemberResponse__Output;
export type PromoteMemberResponseIn = PromoteMemberResponseType.PromoteMemberResponse;
export const RemoveMemberRequest = message<
  RemoveMemberRequestType.RemoveMemberRequest,
  RemoveMemberRequestType.RemoveMemberRequest__Output
>('quorate.v1.RemoveMemberRequest');
export type RemoveMemberRequest = RemoveMemberRequestType.RemoveMemberRequest__Output;
export type RemoveMemberRequestIn = RemoveMemberRequestType.RemoveMemberRequest;
export const RemoveMemberResponse = message<
  RemoveMemberResponseType.RemoveMemberResponse,
  RemoveMemberResponseType.RemoveMemberResponse__Output
>('quorate.v1.RemoveMemberResponse');
export type RemoveMemberResponse = RemoveMemberResponseType.RemoveMemberResponse__Output;
export type RemoveMemberResponseIn = RemoveMemberResponseType.RemoveMemberResponse;
export const ReplaceMemberRequest = message<
  ReplaceMemberRequestType.ReplaceMemberRequest,
  ReplaceMemberRequestType.ReplaceMemberRequest__Output
>('quorate.v1.ReplaceMemberRequest');
export type ReplaceMemberRequest = ReplaceMemberRequestType.ReplaceMemberRequest__Output;
export type ReplaceMemberRequestIn = ReplaceMemberRequestType.ReplaceMemberRequest;
export const ReplaceMemberResponse = message<
  ReplaceMemberResponseType.ReplaceMemberResponse,
  ReplaceMemberResponseType.ReplaceMemberResponse__Output
>('quorate.v1.ReplaceMemberResponse');
export type ReplaceMemberResponse = ReplaceMemberResponseType.ReplaceMemberResponse__Output;
export type ReplaceMemberResponseIn = ReplaceMemberResponseType.ReplaceMemberResponse;

export const configService = {
  get: method('quorate.v1.ConfigService', 'Get', GetConfigRequest, GetConfigResponse),
  list: method('quorate.v1.ConfigService', 'List', ListConfigRequest, ListConfigResponse),
  put: method('quorate.v1.ConfigService', 'Put', PutConfigRequest, PutConfigResponse),
  delete: method('quorate.v1.ConfigService', 'Delete', DeleteConfigRequest, DeleteConfigResponse),
  publish: method('quorate.v1.ConfigService', 'Publish', PublishRequest, PublishResponse),
  history: method('quorate.v1.ConfigService', 'History', HistoryRequest, HistoryResponse),
  rollback: method('quorate.v1.ConfigService', 'Rollback', RollbackRequest, RollbackResponse),
  watch: method('quorate.v1.ConfigService', 'Watch', WatchConfigRequest, WatchConfigResponse),
} as const;

export const DrainRequest = message<DrainRequestType.DrainRequest, DrainRequestType.DrainRequest__Output>(
  'quorate.v1.DrainRequest',
);
export type DrainRequest = DrainRequestType.DrainRequest__Output;
export type DrainRequestIn = DrainRequestType.DrainRequest;
export const DrainResponse = message<DrainResponseType.DrainResponse, DrainResponseType.DrainResponse__Output>(
  'quorate.v1.DrainResponse',
);
export type DrainResponse = DrainResponseType.DrainResponse__Output;
export type DrainResponseIn = DrainResponseType.DrainResponse;
export const AcknowledgeRequest = message<
  AcknowledgeRequestType.AcknowledgeRequest,
  AcknowledgeRequestType.AcknowledgeRequest__Output
>('quorate.v1.AcknowledgeRequest');
export type AcknowledgeRequest = AcknowledgeRequestType.AcknowledgeRequest__Output;
export type AcknowledgeRequestIn = AcknowledgeRequestType.AcknowledgeRequest;
export const AcknowledgeResponse = message<
  AcknowledgeResponseType.AcknowledgeResponse,
  AcknowledgeResponseType.AcknowledgeResponse__Output
>('quorate.v1.AcknowledgeResponse');
export type AcknowledgeResponse = AcknowledgeResponseType.AcknowledgeResponse__Output;
export type AcknowledgeResponseIn = AcknowledgeResponseType.AcknowledgeResponse;
export const PutServiceRequest = message<
  PutServiceRequestType.PutServiceRequest,
  PutServiceRequestType.PutServiceRequest__Output
>('quorate.v1.PutServiceRequest');
export type PutServiceRequest = PutServiceRequestType.PutServiceRequest__Output;
export type PutServiceRequestIn = PutServiceRequestType.PutServiceRequest;
export const PutServiceResponse = message<
  PutServiceResponseType.PutServiceResponse,
  PutServiceResponseType.PutServiceResponse__Output
>('quorate.v1.PutServiceResponse');
export type PutServiceResponse = PutServiceResponseType.PutServiceResponse__Output;
export type PutServiceResponseIn = PutServiceResponseType.PutServiceResponse;
export const GetServiceRequest = message<
  GetServiceRequestType.GetServiceRequest,
  GetServiceRequestType.GetServiceRequest__Output
>('quorate.v1.GetServiceRequest');
export type GetServiceRequest = GetServiceRequestType.GetServiceRequest__Output;
export type GetServiceRequestIn = GetServiceRequestType.GetServiceRequest;
export const GetServiceResponse = message<
  GetServiceResponseType.GetServiceResponse,
  GetServiceResponseType.GetServiceResponse__Output
>('quorate.v1.GetServiceResponse');
export type GetServiceResponse = GetServiceResponseType.GetServiceResponse__Output;
export type GetServiceResponseIn = GetServiceResponseType.GetServiceResponse;
export const HealthCheck = message<HealthCheckType.HealthCheck, HealthCheckType.HealthCheck__Output>(
  'quorate.v1.HealthCheck',
);
export type HealthCheck = HealthCheckType.HealthCheck__Output;
export type HealthCheckIn = HealthCheckType.HealthCheck;
export const ServiceSettings = message<
  ServiceSettingsType.ServiceSettings,
  ServiceSettingsType.ServiceSettings__Output
>('quorate.v1.ServiceSettings');
export type ServiceSettings = ServiceSettingsType.ServiceSettings__Output;
export type ServiceSettingsIn = ServiceSettingsType.ServiceSettings;
export const registryService = {
  register: method('quorate.v1.RegistryService', 'Register', RegisterRequest, RegisterResponse),
  keepAlive: method('quorate.v1.RegistryService', 'KeepAlive', KeepAliveRequest, KeepAliveResponse),
  deregister: method('quorate.v1.RegistryService', 'Deregister', DeregisterRequest, DeregisterResponse),
  drain: method('quorate.v1.RegistryService', 'Drain', DrainRequest, DrainResponse),
  acknowledge: method('quorate.v1.RegistryService', 'Acknowledge', AcknowledgeRequest, AcknowledgeResponse),
  putService: method('quorate.v1.RegistryService', 'PutService', PutServiceRequest, PutServiceResponse),
  getService: method('quorate.v1.RegistryService', 'GetService', GetServiceRequest, GetServiceResponse),
  setStatus: method('quorate.v1.RegistryService', 'SetStatus', SetStatusRequest, SetStatusResponse),
  listServices: method('quorate.v1.RegistryService', 'ListServices', ListServicesRequest, ListServicesResponse),
  listInstances: method('quorate.v1.RegistryService', 'ListInstances', ListInstancesRequest, ListInstancesResponse),
  watch: method('quorate.v1.RegistryService', 'Watch', WatchRegistryRequest, WatchRegistryResponse),
} as const;

export const clusterService = {
  status: method('quorate.v1.ClusterService', 'Status', StatusRequest, StatusResponse),
  listMembers: method('quorate.v1.ClusterService', 'ListMembers', ListMembersRequest, ListMembersResponse),
  transferLeadership: method(
    'quorate.v1.ClusterService',
    'TransferLeadership',
    TransferLeadershipRequest,
    TransferLeadershipResponse,
  ),
  addMember: method('quorate.v1.ClusterService', 'AddMember', AddMemberRequest, AddMemberResponse),
  promoteMember: method('quorate.v1.ClusterService', 'PromoteMember', PromoteMemberRequest, PromoteMemberResponse),
  removeMember: method('quorate.v1.ClusterService', 'RemoveMember', RemoveMemberRequest, RemoveMemberResponse),
  replaceMember: method('quorate.v1.ClusterService', 'ReplaceMember', ReplaceMemberRequest, ReplaceMemberResponse),
  compact: method('quorate.v1.ClusterService', 'Compact', CompactRequest, CompactResponse),
  snapshot: method('quorate.v1.ClusterService', 'Snapshot', SnapshotRequest, SnapshotResponse),
} as const;
