/** Messages and methods of the etcd v3 API (`proto/etcd`). 64-bit numbers are decimal texts; fields have the names of the wire format. */
import { DecimalReader } from './decimal-reader.js';
import type * as AlarmRequestType from './gen/etcdserverpb/AlarmRequest.js';
import type * as AlarmResponseType from './gen/etcdserverpb/AlarmResponse.js';
import type * as AuthDisableRequestType from './gen/etcdserverpb/AuthDisableRequest.js';
import type * as AuthDisableResponseType from './gen/etcdserverpb/AuthDisableResponse.js';
import type * as AuthEnableRequestType from './gen/etcdserverpb/AuthEnableRequest.js';
import type * as AuthEnableResponseType from './gen/etcdserverpb/AuthEnableResponse.js';
import type * as AuthenticateRequestType from './gen/etcdserverpb/AuthenticateRequest.js';
import type * as AuthenticateResponseType from './gen/etcdserverpb/AuthenticateResponse.js';
import type * as AuthRoleAddRequestType from './gen/etcdserverpb/AuthRoleAddRequest.js';
import type * as AuthRoleAddResponseType from './gen/etcdserverpb/AuthRoleAddResponse.js';
import type * as AuthRoleDeleteRequestType from './gen/etcdserverpb/AuthRoleDeleteRequest.js';
import type * as AuthRoleDeleteResponseType from './gen/etcdserverpb/AuthRoleDeleteResponse.js';
import type * as AuthRoleGetRequestType from './gen/etcdserverpb/AuthRoleGetRequest.js';
import type * as AuthRoleGetResponseType from './gen/etcdserverpb/AuthRoleGetResponse.js';
import type * as AuthRoleGrantPermissionRequestType from './gen/etcdserverpb/AuthRoleGrantPermissionRequest.js';
import type * as AuthRoleGrantPermissionResponseType from './gen/etcdserverpb/AuthRoleGrantPermissionResponse.js';
import type * as AuthRoleListRequestType from './gen/etcdserverpb/AuthRoleListRequest.js';
import type * as AuthRoleListResponseType from './gen/etcdserverpb/AuthRoleListResponse.js';
import type * as AuthRoleRevokePermissionRequestType from './gen/etcdserverpb/AuthRoleRevokePermissionRequest.js';
import type * as AuthRoleRevokePermissionResponseType from './gen/etcdserverpb/AuthRoleRevokePermissionResponse.js';
import type * as AuthStatusRequestType from './gen/etcdserverpb/AuthStatusRequest.js';
import type * as AuthStatusResponseType from './gen/etcdserverpb/AuthStatusResponse.js';
import type * as AuthUserAddRequestType from './gen/etcdserverpb/AuthUserAddRequest.js';
import type * as AuthUserAddResponseType from './gen/etcdserverpb/AuthUserAddResponse.js';
import type * as AuthUserChangePasswordRequestType from './gen/etcdserverpb/AuthUserChangePasswordRequest.js';
import type * as AuthUserChangePasswordResponseType from './gen/etcdserverpb/AuthUserChangePasswordResponse.js';
import type * as AuthUserDeleteRequestType from './gen/etcdserverpb/AuthUserDeleteRequest.js';
import type * as AuthUserDeleteResponseType from './gen/etcdserverpb/AuthUserDeleteResponse.js';
import type * as AuthUserGetRequestType from './gen/etcdserverpb/AuthUserGetRequest.js';
import type * as AuthUserGetResponseType from './gen/etcdserverpb/AuthUserGetResponse.js';
import type * as AuthUserGrantRoleRequestType from './gen/etcdserverpb/AuthUserGrantRoleRequest.js';
import type * as AuthUserGrantRoleResponseType from './gen/etcdserverpb/AuthUserGrantRoleResponse.js';
import type * as AuthUserListRequestType from './gen/etcdserverpb/AuthUserListRequest.js';
import type * as AuthUserListResponseType from './gen/etcdserverpb/AuthUserListResponse.js';
import type * as AuthUserRevokeRoleRequestType from './gen/etcdserverpb/AuthUserRevokeRoleRequest.js';
import type * as AuthUserRevokeRoleResponseType from './gen/etcdserverpb/AuthUserRevokeRoleResponse.js';
import type * as CompactionRequestType from './gen/etcdserverpb/CompactionRequest.js';
import type * as CompactionResponseType from './gen/etcdserverpb/CompactionResponse.js';
import type * as CompareType from './gen/etcdserverpb/Compare.js';
import type * as DefragmentRequestType from './gen/etcdserverpb/DefragmentRequest.js';
import type * as DefragmentResponseType from './gen/etcdserverpb/DefragmentResponse.js';
import type * as DeleteRangeRequestType from './gen/etcdserverpb/DeleteRangeRequest.js';
import type * as DeleteRangeResponseType from './gen/etcdserverpb/DeleteRangeResponse.js';
import type * as DowngradeRequestType from './gen/etcdserverpb/DowngradeRequest.js';
import type * as DowngradeResponseType from './gen/etcdserverpb/DowngradeResponse.js';
import type * as HashKVRequestType from './gen/etcdserverpb/HashKVRequest.js';
import type * as HashKVResponseType from './gen/etcdserverpb/HashKVResponse.js';
import type * as HashRequestType from './gen/etcdserverpb/HashRequest.js';
import type * as HashResponseType from './gen/etcdserverpb/HashResponse.js';
import type * as LeaseGrantRequestType from './gen/etcdserverpb/LeaseGrantRequest.js';
import type * as LeaseGrantResponseType from './gen/etcdserverpb/LeaseGrantResponse.js';
import type * as LeaseKeepAliveRequestType from './gen/etcdserverpb/LeaseKeepAliveRequest.js';
import type * as LeaseKeepAliveResponseType from './gen/etcdserverpb/LeaseKeepAliveResponse.js';
import type * as LeaseLeasesRequestType from './gen/etcdserverpb/LeaseLeasesRequest.js';
import type * as LeaseLeasesResponseType from './gen/etcdserverpb/LeaseLeasesResponse.js';
import type * as LeaseRevokeRequestType from './gen/etcdserverpb/LeaseRevokeRequest.js';
import type * as LeaseRevokeResponseType from './gen/etcdserverpb/LeaseRevokeResponse.js';
import type * as LeaseTimeToLiveRequestType from './gen/etcdserverpb/LeaseTimeToLiveRequest.js';
import type * as LeaseTimeToLiveResponseType from './gen/etcdserverpb/LeaseTimeToLiveResponse.js';
import type * as MemberType from './gen/etcdserverpb/Member.js';
import type * as MemberAddRequestType from './gen/etcdserverpb/MemberAddRequest.js';
import type * as MemberAddResponseType from './gen/etcdserverpb/MemberAddResponse.js';
import type * as MemberListRequestType from './gen/etcdserverpb/MemberListRequest.js';
import type * as MemberListResponseType from './gen/etcdserverpb/MemberListResponse.js';
import type * as MemberPromoteRequestType from './gen/etcdserverpb/MemberPromoteRequest.js';
import type * as MemberPromoteResponseType from './gen/etcdserverpb/MemberPromoteResponse.js';
import type * as MemberRemoveRequestType from './gen/etcdserverpb/MemberRemoveRequest.js';
import type * as MemberRemoveResponseType from './gen/etcdserverpb/MemberRemoveResponse.js';
import type * as MemberUpdateRequestType from './gen/etcdserverpb/MemberUpdateRequest.js';
import type * as MemberUpdateResponseType from './gen/etcdserverpb/MemberUpdateResponse.js';
import type * as MoveLeaderRequestType from './gen/etcdserverpb/MoveLeaderRequest.js';
import type * as MoveLeaderResponseType from './gen/etcdserverpb/MoveLeaderResponse.js';
import type * as PutRequestType from './gen/etcdserverpb/PutRequest.js';
import type * as PutResponseType from './gen/etcdserverpb/PutResponse.js';
import type * as RangeRequestType from './gen/etcdserverpb/RangeRequest.js';
import type * as RangeResponseType from './gen/etcdserverpb/RangeResponse.js';
import type * as RequestOpType from './gen/etcdserverpb/RequestOp.js';
import type * as ResponseHeaderType from './gen/etcdserverpb/ResponseHeader.js';
import type * as ResponseOpType from './gen/etcdserverpb/ResponseOp.js';
import type * as SnapshotRequestType from './gen/etcdserverpb/SnapshotRequest.js';
import type * as SnapshotResponseType from './gen/etcdserverpb/SnapshotResponse.js';
import type * as StatusRequestType from './gen/etcdserverpb/StatusRequest.js';
import type * as StatusResponseType from './gen/etcdserverpb/StatusResponse.js';
import type * as TxnRequestType from './gen/etcdserverpb/TxnRequest.js';
import type * as TxnResponseType from './gen/etcdserverpb/TxnResponse.js';
import type * as WatchCreateRequestType from './gen/etcdserverpb/WatchCreateRequest.js';
import type * as WatchRequestType from './gen/etcdserverpb/WatchRequest.js';
import type * as WatchResponseType from './gen/etcdserverpb/WatchResponse.js';
import type * as EventType from './gen/mvccpb/Event.js';
import type * as KeyValueType from './gen/mvccpb/KeyValue.js';
import type * as CampaignRequestType from './gen/v3electionpb/CampaignRequest.js';
import type * as CampaignResponseType from './gen/v3electionpb/CampaignResponse.js';
import type * as LeaderKeyType from './gen/v3electionpb/LeaderKey.js';
import type * as LeaderRequestType from './gen/v3electionpb/LeaderRequest.js';
import type * as LeaderResponseType from './gen/v3electionpb/LeaderResponse.js';
import type * as ProclaimRequestType from './gen/v3electionpb/ProclaimRequest.js';
import type * as ProclaimResponseType from './gen/v3electionpb/ProclaimResponse.js';
import type * as ResignRequestType from './gen/v3electionpb/ResignRequest.js';
import type * as ResignResponseType from './gen/v3electionpb/ResignResponse.js';
import type * as LockRequestType from './gen/v3lockpb/LockRequest.js';
import type * as LockResponseType from './gen/v3lockpb/LockResponse.js';
import type * as UnlockRequestType from './gen/v3lockpb/UnlockRequest.js';
import type * as UnlockResponseType from './gen/v3lockpb/UnlockResponse.js';
import { type Message, type Method, Schema } from './schema.js';

/** All files of the etcd API. */
export const etcdProtoFiles = ['etcd/rpc.proto', 'etcd/lock.proto', 'etcd/election.proto'];

/** Also for the JSON gateway, which finds by it what each field is. */
export const etcdSchema = new Schema({ files: etcdProtoFiles, reader: DecimalReader, zero: '0', keepCase: true });

function message<In extends object, Out extends object>(name: string): Message<In, Out> {
  return etcdSchema.message(name);
}

function method<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
  service: string,
  name: string,
  request: Message<Req, ReqOut>,
  response: Message<Res, ResOut>,
): Method<Req, ReqOut, Res, ResOut> {
  return etcdSchema.method(service, name, request, response);
}

export type KeyValue = KeyValueType.KeyValue__Output;
export type KeyValueIn = KeyValueType.KeyValue;
export type Event = EventType.Event__Output;
export type EventIn = EventType.Event;
export type ResponseHeader = ResponseHeaderType.ResponseHeader__Output;
export type ResponseHeaderIn = ResponseHeaderType.ResponseHeader;
export const RangeRequest = message<RangeRequestType.RangeRequest, RangeRequestType.RangeRequest__Output>(
  'etcdserverpb.RangeRequest',
);
export type RangeRequest = RangeRequestType.RangeRequest__Output;
export type RangeRequestIn = RangeRequestType.RangeRequest;
export const RangeResponse = message<RangeResponseType.RangeResponse, RangeResponseType.RangeResponse__Output>(
  'etcdserverpb.RangeResponse',
);
export type RangeResponse = RangeResponseType.RangeResponse__Output;
export type RangeResponseIn = RangeResponseType.RangeResponse;
export const PutRequest = message<PutRequestType.PutRequest, PutRequestType.PutRequest__Output>(
  'etcdserverpb.PutRequest',
);
export type PutRequest = PutRequestType.PutRequest__Output;
export type PutRequestIn = PutRequestType.PutRequest;
export const PutResponse = message<PutResponseType.PutResponse, PutResponseType.PutResponse__Output>(
  'etcdserverpb.PutResponse',
);
export type PutResponse = PutResponseType.PutResponse__Output;
export type PutResponseIn = PutResponseType.PutResponse;
export const DeleteRangeRequest = message<
  DeleteRangeRequestType.DeleteRangeRequest,
  DeleteRangeRequestType.DeleteRangeRequest__Output
>('etcdserverpb.DeleteRangeRequest');
export type DeleteRangeRequest = DeleteRangeRequestType.DeleteRangeRequest__Output;
export type DeleteRangeRequestIn = DeleteRangeRequestType.DeleteRangeRequest;
export const DeleteRangeResponse = message<
  DeleteRangeResponseType.DeleteRangeResponse,
  DeleteRangeResponseType.DeleteRangeResponse__Output
>('etcdserverpb.DeleteRangeResponse');
export type DeleteRangeResponse = DeleteRangeResponseType.DeleteRangeResponse__Output;
export type DeleteRangeResponseIn = DeleteRangeResponseType.DeleteRangeResponse;
export type RequestOp = RequestOpType.RequestOp__Output;
export type RequestOpIn = RequestOpType.RequestOp;
export type ResponseOp = ResponseOpType.ResponseOp__Output;
export type ResponseOpIn = ResponseOpType.ResponseOp;
export type Compare = CompareType.Compare__Output;
export type CompareIn = CompareType.Compare;
export const TxnRequest = message<TxnRequestType.TxnRequest, TxnRequestType.TxnRequest__Output>(
  'etcdserverpb.TxnRequest',
);
export type TxnRequest = TxnRequestType.TxnRequest__Output;
export type TxnRequestIn = TxnRequestType.TxnRequest;
export const TxnResponse = message<TxnResponseType.TxnResponse, TxnResponseType.TxnResponse__Output>(
  'etcdserverpb.TxnResponse',
);
export type TxnResponse = TxnResponseType.TxnResponse__Output;
export type TxnResponseIn = TxnResponseType.TxnResponse;
export const CompactionRequest = message<
  CompactionRequestType.CompactionRequest,
  CompactionRequestType.CompactionRequest__Output
>('etcdserverpb.CompactionRequest');
export type CompactionRequest = CompactionRequestType.CompactionRequest__Output;
export type CompactionRequestIn = CompactionRequestType.CompactionRequest;
export const CompactionResponse = message<
  CompactionResponseType.CompactionResponse,
  CompactionResponseType.CompactionResponse__Output
>('etcdserverpb.CompactionResponse');
export type CompactionResponse = CompactionResponseType.CompactionResponse__Output;
export type CompactionResponseIn = CompactionResponseType.CompactionResponse;
export const HashRequest = message<HashRequestType.HashRequest, HashRequestType.HashRequest__Output>(
  'etcdserverpb.HashRequest',
);
export type HashRequest = HashRequestType.HashRequest__Output;
export type HashRequestIn = HashRequestType.HashRequest;
export const HashKVRequest = message<HashKVRequestType.HashKVRequest, HashKVRequestType.HashKVRequest__Output>(
  'etcdserverpb.HashKVRequest',
);
export type HashKVRequest = HashKVRequestType.HashKVRequest__Output;
export type HashKVRequestIn = HashKVRequestType.HashKVRequest;
export const HashKVResponse = message<HashKVResponseType.HashKVResponse, HashKVResponseType.HashKVResponse__Output>(
  'etcdserverpb.HashKVResponse',
);
export type HashKVResponse = HashKVResponseType.HashKVResponse__Output;
export type HashKVResponseIn = HashKVResponseType.HashKVResponse;
export const HashResponse = message<HashResponseType.HashResponse, HashResponseType.HashResponse__Output>(
  'etcdserverpb.HashResponse',
);
export type HashResponse = HashResponseType.HashResponse__Output;
export type HashResponseIn = HashResponseType.HashResponse;
export const SnapshotRequest = message<
  SnapshotRequestType.SnapshotRequest,
  SnapshotRequestType.SnapshotRequest__Output
>('etcdserverpb.SnapshotRequest');
export type SnapshotRequest = SnapshotRequestType.SnapshotRequest__Output;
export type SnapshotRequestIn = SnapshotRequestType.SnapshotRequest;
export const SnapshotResponse = message<
  SnapshotResponseType.SnapshotResponse,
  SnapshotResponseType.SnapshotResponse__Output
>('etcdserverpb.SnapshotResponse');
export type SnapshotResponse = SnapshotResponseType.SnapshotResponse__Output;
export type SnapshotResponseIn = SnapshotResponseType.SnapshotResponse;
export const WatchRequest = message<WatchRequestType.WatchRequest, WatchRequestType.WatchRequest__Output>(
  'etcdserverpb.WatchRequest',
);
export type WatchRequest = WatchRequestType.WatchRequest__Output;
export type WatchRequestIn = WatchRequestType.WatchRequest;
export type WatchCreateRequest = WatchCreateRequestType.WatchCreateRequest__Output;
export type WatchCreateRequestIn = WatchCreateRequestType.WatchCreateRequest;
export const WatchResponse = message<WatchResponseType.WatchResponse, WatchResponseType.WatchResponse__Output>(
  'etcdserverpb.WatchResponse',
);
export type WatchResponse = WatchResponseType.WatchResponse__Output;
export type WatchResponseIn = WatchResponseType.WatchResponse;
export const LeaseGrantRequest = message<
  LeaseGrantRequestType.LeaseGrantRequest,
  LeaseGrantRequestType.LeaseGrantRequest__Output
>('etcdserverpb.LeaseGrantRequest');
export type LeaseGrantRequest = LeaseGrantRequestType.LeaseGrantRequest__Output;
export type LeaseGrantRequestIn = LeaseGrantRequestType.LeaseGrantRequest;
export const LeaseGrantResponse = message<
  LeaseGrantResponseType.LeaseGrantResponse,
  LeaseGrantResponseType.LeaseGrantResponse__Output
>('etcdserverpb.LeaseGrantResponse');
export type LeaseGrantResponse = LeaseGrantResponseType.LeaseGrantResponse__Output;
export type LeaseGrantResponseIn = LeaseGrantResponseType.LeaseGrantResponse;
export const LeaseRevokeRequest = message<
  LeaseRevokeRequestType.LeaseRevokeRequest,
  LeaseRevokeRequestType.LeaseRevokeRequest__Output
>('etcdserverpb.LeaseRevokeRequest');
export type LeaseRevokeRequest = LeaseRevokeRequestType.LeaseRevokeRequest__Output;
export type LeaseRevokeRequestIn = LeaseRevokeRequestType.LeaseRevokeRequest;
export const LeaseRevokeResponse = message<
  LeaseRevokeResponseType.LeaseRevokeResponse,
  LeaseRevokeResponseType.LeaseRevokeResponse__Output
>('etcdserverpb.LeaseRevokeResponse');
export type LeaseRevokeResponse = LeaseRevokeResponseType.LeaseRevokeResponse__Output;
export type LeaseRevokeResponseIn = LeaseRevokeResponseType.LeaseRevokeResponse;
export const LeaseKeepAliveRequest = message<
  LeaseKeepAliveRequestType.LeaseKeepAliveRequest,
  LeaseKeepAliveRequestType.LeaseKeepAliveRequest__Output
>('etcdserverpb.LeaseKeepAliveRequest');
export type LeaseKeepAliveRequest = LeaseKeepAliveRequestType.LeaseKeepAliveRequest__Output;
export type LeaseKeepAliveRequestIn = LeaseKeepAliveRequestType.LeaseKeepAliveRequest;
export const LeaseKeepAliveResponse = message<
  LeaseKeepAliveResponseType.LeaseKeepAliveResponse,
  LeaseKeepAliveResponseType.LeaseKeepAliveResponse__Output
>('etcdserverpb.LeaseKeepAliveResponse');
export type LeaseKeepAliveResponse = LeaseKeepAliveResponseType.LeaseKeepAliveResponse__Output;
export type LeaseKeepAliveResponseIn = LeaseKeepAliveResponseType.LeaseKeepAliveResponse;
export const LeaseTimeToLiveRequest = message<
  LeaseTimeToLiveRequestType.LeaseTimeToLiveRequest,
  LeaseTimeToLiveRequestType.LeaseTimeToLiveRequest__Output
>('etcdserverpb.LeaseTimeToLiveRequest');
export type LeaseTimeToLiveRequest = LeaseTimeToLiveRequestType.LeaseTimeToLiveRequest__Output;
export type LeaseTimeToLiveRequestIn = LeaseTimeToLiveRequestType.LeaseTimeToLiveRequest;
export const LeaseTimeToLiveResponse = message<
  LeaseTimeToLiveResponseType.LeaseTimeToLiveResponse,
  LeaseTimeToLiveResponseType.LeaseTimeToLiveResponse__Output
>('etcdserverpb.LeaseTimeToLiveResponse');
export type LeaseTimeToLiveResponse = LeaseTimeToLiveResponseType.LeaseTimeToLiveResponse__Output;
export type LeaseTimeToLiveResponseIn = LeaseTimeToLiveResponseType.LeaseTimeToLiveResponse;
export const LeaseLeasesRequest = message<
  LeaseLeasesRequestType.LeaseLeasesRequest,
  LeaseLeasesRequestType.LeaseLeasesRequest__Output
>('etcdserverpb.LeaseLeasesRequest');
export type LeaseLeasesRequest = LeaseLeasesRequestType.LeaseLeasesRequest__Output;
export type LeaseLeasesRequestIn = LeaseLeasesRequestType.LeaseLeasesRequest;
export const LeaseLeasesResponse = message<
  LeaseLeasesResponseType.LeaseLeasesResponse,
  LeaseLeasesResponseType.LeaseLeasesResponse__Output
>('etcdserverpb.LeaseLeasesResponse');
export type LeaseLeasesResponse = LeaseLeasesResponseType.LeaseLeasesResponse__Output;
export type LeaseLeasesResponseIn = LeaseLeasesResponseType.LeaseLeasesResponse;
export type Member = MemberType.Member__Output;
export type MemberIn = MemberType.Member;
export const MemberAddRequest = message<
  MemberAddRequestType.MemberAddRequest,
  MemberAddRequestType.MemberAddRequest__Output
>('etcdserverpb.MemberAddRequest');
export type MemberAddRequest = MemberAddRequestType.MemberAddRequest__Output;
export type MemberAddRequestIn = MemberAddRequestType.MemberAddRequest;
export const MemberAddResponse = message<
  MemberAddResponseType.MemberAddResponse,
  MemberAddResponseType.MemberAddResponse__Output
>('etcdserverpb.MemberAddResponse');
export type MemberAddResponse = MemberAddResponseType.MemberAddResponse__Output;
export type MemberAddResponseIn = MemberAddResponseType.MemberAddResponse;
export const MemberRemoveRequest = message<
  MemberRemoveRequestType.MemberRemoveRequest,
  MemberRemoveRequestType.MemberRemoveRequest__Output
>('etcdserverpb.MemberRemoveRequest');
export type MemberRemoveRequest = MemberRemoveRequestType.MemberRemoveRequest__Output;
export type MemberRemoveRequestIn = MemberRemoveRequestType.MemberRemoveRequest;
export const MemberRemoveResponse = message<
  MemberRemoveResponseType.MemberRemoveResponse,
  MemberRemoveResponseType.MemberRemoveResponse__Output
>('etcdserverpb.MemberRemoveResponse');
export type MemberRemoveResponse = MemberRemoveResponseType.MemberRemoveResponse__Output;
export type MemberRemoveResponseIn = MemberRemoveResponseType.MemberRemoveResponse;
export const MemberUpdateRequest = message<
  MemberUpdateRequestType.MemberUpdateRequest,
  MemberUpdateRequestType.MemberUpdateRequest__Output
>('etcdserverpb.MemberUpdateRequest');
export type MemberUpdateRequest = MemberUpdateRequestType.MemberUpdateRequest__Output;
export type MemberUpdateRequestIn = MemberUpdateRequestType.MemberUpdateRequest;
export const MemberUpdateResponse = message<
  MemberUpdateResponseType.MemberUpdateResponse,
  MemberUpdateResponseType.MemberUpdateResponse__Output
>('etcdserverpb.MemberUpdateResponse');
export type MemberUpdateResponse = MemberUpdateResponseType.MemberUpdateResponse__Output;
export type MemberUpdateResponseIn = MemberUpdateResponseType.MemberUpdateResponse;
export const MemberListRequest = message<
  MemberListRequestType.MemberListRequest,
  MemberListRequestType.MemberListRequest__Output
>('etcdserverpb.MemberListRequest');
export type MemberListRequest = MemberListRequestType.MemberListRequest__Output;
export type MemberListRequestIn = MemberListRequestType.MemberListRequest;
export const MemberListResponse = message<
  MemberListResponseType.MemberListResponse,
  MemberListResponseType.MemberListResponse__Output
>('etcdserverpb.MemberListResponse');
export type MemberListResponse = MemberListResponseType.MemberListResponse__Output;
export type MemberListResponseIn = MemberListResponseType.MemberListResponse;
export const MemberPromoteRequest = message<
  MemberPromoteRequestType.MemberPromoteRequest,
  MemberPromoteRequestType.MemberPromoteRequest__Output
>('etcdserverpb.MemberPromoteRequest');
export type MemberPromoteRequest = MemberPromoteRequestType.MemberPromoteRequest__Output;
export type MemberPromoteRequestIn = MemberPromoteRequestType.MemberPromoteRequest;
export const MemberPromoteResponse = message<
  MemberPromoteResponseType.MemberPromoteResponse,
  MemberPromoteResponseType.MemberPromoteResponse__Output
>('etcdserverpb.MemberPromoteResponse');
export type MemberPromoteResponse = MemberPromoteResponseType.MemberPromoteResponse__Output;
export type MemberPromoteResponseIn = MemberPromoteResponseType.MemberPromoteResponse;
export const DefragmentRequest = message<
  DefragmentRequestType.DefragmentRequest,
  DefragmentRequestType.DefragmentRequest__Output
>('etcdserverpb.DefragmentRequest');
export type DefragmentRequest = DefragmentRequestType.DefragmentRequest__Output;
export type DefragmentRequestIn = DefragmentRequestType.DefragmentRequest;
export const DefragmentResponse = message<
  DefragmentResponseType.DefragmentResponse,
  DefragmentResponseType.DefragmentResponse__Output
>('etcdserverpb.DefragmentResponse');
export type DefragmentResponse = DefragmentResponseType.DefragmentResponse__Output;
export type DefragmentResponseIn = DefragmentResponseType.DefragmentResponse;
export const MoveLeaderRequest = message<
  MoveLeaderRequestType.MoveLeaderRequest,
  MoveLeaderRequestType.MoveLeaderRequest__Output
>('etcdserverpb.MoveLeaderRequest');
export type MoveLeaderRequest = MoveLeaderRequestType.MoveLeaderRequest__Output;
export type MoveLeaderRequestIn = MoveLeaderRequestType.MoveLeaderRequest;
export const MoveLeaderResponse = message<
  MoveLeaderResponseType.MoveLeaderResponse,
  MoveLeaderResponseType.MoveLeaderResponse__Output
>('etcdserverpb.MoveLeaderResponse');
export type MoveLeaderResponse = MoveLeaderResponseType.MoveLeaderResponse__Output;
export type MoveLeaderResponseIn = MoveLeaderResponseType.MoveLeaderResponse;
export const AlarmRequest = message<AlarmRequestType.AlarmRequest, AlarmRequestType.AlarmRequest__Output>(
  'etcdserverpb.AlarmRequest',
);
export type AlarmRequest = AlarmRequestType.AlarmRequest__Output;
export type AlarmRequestIn = AlarmRequestType.AlarmRequest;
export const AlarmResponse = message<AlarmResponseType.AlarmResponse, AlarmResponseType.AlarmResponse__Output>(
  'etcdserverpb.AlarmResponse',
);
export type AlarmResponse = AlarmResponseType.AlarmResponse__Output;
export type AlarmResponseIn = AlarmResponseType.AlarmResponse;
export const DowngradeRequest = message<
  DowngradeRequestType.DowngradeRequest,
  DowngradeRequestType.DowngradeRequest__Output
>('etcdserverpb.DowngradeRequest');
export type DowngradeRequest = DowngradeRequestType.DowngradeRequest__Output;
export type DowngradeRequestIn = DowngradeRequestType.DowngradeRequest;
export const DowngradeResponse = message<
  DowngradeResponseType.DowngradeResponse,
  DowngradeResponseType.DowngradeResponse__Output
>('etcdserverpb.DowngradeResponse');
export type DowngradeResponse = DowngradeResponseType.DowngradeResponse__Output;
export type DowngradeResponseIn = DowngradeResponseType.DowngradeResponse;
export const StatusRequest = message<StatusRequestType.StatusRequest, StatusRequestType.StatusRequest__Output>(
  'etcdserverpb.StatusRequest',
);
export type StatusRequest = StatusRequestType.StatusRequest__Output;
export type StatusRequestIn = StatusRequestType.StatusRequest;
export const StatusResponse = message<StatusResponseType.StatusResponse, StatusResponseType.StatusResponse__Output>(
  'etcdserverpb.StatusResponse',
);
export type StatusResponse = StatusResponseType.StatusResponse__Output;
export type StatusResponseIn = StatusResponseType.StatusResponse;
export const AuthEnableRequest = message<
  AuthEnableRequestType.AuthEnableRequest,
  AuthEnableRequestType.AuthEnableRequest__Output
>('etcdserverpb.AuthEnableRequest');
export type AuthEnableRequest = AuthEnableRequestType.AuthEnableRequest__Output;
export type AuthEnableRequestIn = AuthEnableRequestType.AuthEnableRequest;
export const AuthDisableRequest = message<
  AuthDisableRequestType.AuthDisableRequest,
  AuthDisableRequestType.AuthDisableRequest__Output
>('etcdserverpb.AuthDisableRequest');
export type AuthDisableRequest = AuthDisableRequestType.AuthDisableRequest__Output;
export type AuthDisableRequestIn = AuthDisableRequestType.AuthDisableRequest;
export const AuthStatusRequest = message<
  AuthStatusRequestType.AuthStatusRequest,
  AuthStatusRequestType.AuthStatusRequest__Output
>('etcdserverpb.AuthStatusRequest');
export type AuthStatusRequest = AuthStatusRequestType.AuthStatusRequest__Output;
export type AuthStatusRequestIn = AuthStatusRequestType.AuthStatusRequest;
export const AuthenticateRequest = message<
  AuthenticateRequestType.AuthenticateRequest,
  AuthenticateRequestType.AuthenticateRequest__Output
>('etcdserverpb.AuthenticateRequest');
export type AuthenticateRequest = AuthenticateRequestType.AuthenticateRequest__Output;
export type AuthenticateRequestIn = AuthenticateRequestType.AuthenticateRequest;
export const AuthUserAddRequest = message<
  AuthUserAddRequestType.AuthUserAddRequest,
  AuthUserAddRequestType.AuthUserAddRequest__Output
>('etcdserverpb.AuthUserAddRequest');
export type AuthUserAddRequest = AuthUserAddRequestType.AuthUserAddRequest__Output;
export type AuthUserAddRequestIn = AuthUserAddRequestType.AuthUserAddRequest;
export const AuthUserGetRequest = message<
  AuthUserGetRequestType.AuthUserGetRequest,
  AuthUserGetRequestType.AuthUserGetRequest__Output
>('etcdserverpb.AuthUserGetRequest');
export type AuthUserGetRequest = AuthUserGetRequestType.AuthUserGetRequest__Output;
export type AuthUserGetRequestIn = AuthUserGetRequestType.AuthUserGetRequest;
export const AuthUserDeleteRequest = message<
  AuthUserDeleteRequestType.AuthUserDeleteRequest,
  AuthUserDeleteRequestType.AuthUserDeleteRequest__Output
>('etcdserverpb.AuthUserDeleteRequest');
export type AuthUserDeleteRequest = AuthUserDeleteRequestType.AuthUserDeleteRequest__Output;
export type AuthUserDeleteRequestIn = AuthUserDeleteRequestType.AuthUserDeleteRequest;
export const AuthUserChangePasswordRequest = message<
  AuthUserChangePasswordRequestType.AuthUserChangePasswordRequest,
  AuthUserChangePasswordRequestType.AuthUserChangePasswordRequest__Output
>('etcdserverpb.AuthUserChangePasswordRequest');
export type AuthUserChangePasswordRequest = AuthUserChangePasswordRequestType.AuthUserChangePasswordRequest__Output;
export type AuthUserChangePasswordRequestIn = AuthUserChangePasswordRequestType.AuthUserChangePasswordRequest;
export const AuthUserGrantRoleRequest = message<
  AuthUserGrantRoleRequestType.AuthUserGrantRoleRequest,
  AuthUserGrantRoleRequestType.AuthUserGrantRoleRequest__Output
>('etcdserverpb.AuthUserGrantRoleRequest');
export type AuthUserGrantRoleRequest = AuthUserGrantRoleRequestType.AuthUserGrantRoleRequest__Output;
export type AuthUserGrantRoleRequestIn = AuthUserGrantRoleRequestType.AuthUserGrantRoleRequest;
export const AuthUserRevokeRoleRequest = message<
  AuthUserRevokeRoleRequestType.AuthUserRevokeRoleRequest,
  AuthUserRevokeRoleRequestType.AuthUserRevokeRoleRequest__Output
>('etcdserverpb.AuthUserRevokeRoleRequest');
export type AuthUserRevokeRoleRequest = AuthUserRevokeRoleRequestType.AuthUserRevokeRoleRequest__Output;
export type AuthUserRevokeRoleRequestIn = AuthUserRevokeRoleRequestType.AuthUserRevokeRoleRequest;
export const AuthRoleAddRequest = message<
  AuthRoleAddRequestType.AuthRoleAddRequest,
  AuthRoleAddRequestType.AuthRoleAddRequest__Output
>('etcdserverpb.AuthRoleAddRequest');
export type AuthRoleAddRequest = AuthRoleAddRequestType.AuthRoleAddRequest__Output;
export type AuthRoleAddRequestIn = AuthRoleAddRequestType.AuthRoleAddRequest;
export const AuthRoleGetRequest = message<
  AuthRoleGetRequestType.AuthRoleGetRequest,
  AuthRoleGetRequestType.AuthRoleGetRequest__Output
>('etcdserverpb.AuthRoleGetRequest');
export type AuthRoleGetRequest = AuthRoleGetRequestType.AuthRoleGetRequest__Output;
export type AuthRoleGetRequestIn = AuthRoleGetRequestType.AuthRoleGetRequest;
export const AuthUserListRequest = message<
  AuthUserListRequestType.AuthUserListRequest,
  AuthUserListRequestType.AuthUserListRequest__Output
>('etcdserverpb.AuthUserListRequest');
export type AuthUserListRequest = AuthUserListRequestType.AuthUserListRequest__Output;
export type AuthUserListRequestIn = AuthUserListRequestType.AuthUserListRequest;
export const AuthRoleListRequest = message<
  AuthRoleListRequestType.AuthRoleListRequest,
  AuthRoleListRequestType.AuthRoleListRequest__Output
>('etcdserverpb.AuthRoleListRequest');
export type AuthRoleListRequest = AuthRoleListRequestType.AuthRoleListRequest__Output;
export type AuthRoleListRequestIn = AuthRoleListRequestType.AuthRoleListRequest;
export const AuthRoleDeleteRequest = message<
  AuthRoleDeleteRequestType.AuthRoleDeleteRequest,
  AuthRoleDeleteRequestType.AuthRoleDeleteRequest__Output
>('etcdserverpb.AuthRoleDeleteRequest');
export type AuthRoleDeleteRequest = AuthRoleDeleteRequestType.AuthRoleDeleteRequest__Output;
export type AuthRoleDeleteRequestIn = AuthRoleDeleteRequestType.AuthRoleDeleteRequest;
export const AuthRoleGrantPermissionRequest = message<
  AuthRoleGrantPermissionRequestType.AuthRoleGrantPermissionRequest,
  AuthRoleGrantPermissionRequestType.AuthRoleGrantPermissionRequest__Output
>('etcdserverpb.AuthRoleGrantPermissionRequest');
export type AuthRoleGrantPermissionRequest = AuthRoleGrantPermissionRequestType.AuthRoleGrantPermissionRequest__Output;
export type AuthRoleGrantPermissionRequestIn = AuthRoleGrantPermissionRequestType.AuthRoleGrantPermissionRequest;
export const AuthRoleRevokePermissionRequest = message<
  AuthRoleRevokePermissionRequestType.AuthRoleRevokePermissionRequest,
  AuthRoleRevokePermissionRequestType.AuthRoleRevokePermissionRequest__Output
>('etcdserverpb.AuthRoleRevokePermissionRequest');
export type AuthRoleRevokePermissionRequest =
  AuthRoleRevokePermissionRequestType.AuthRoleRevokePermissionRequest__Output;
export type AuthRoleRevokePermissionRequestIn = AuthRoleRevokePermissionRequestType.AuthRoleRevokePermissionRequest;
export const AuthEnableResponse = message<
  AuthEnableResponseType.AuthEnableResponse,
  AuthEnableResponseType.AuthEnableResponse__Output
>('etcdserverpb.AuthEnableResponse');
export type AuthEnableResponse = AuthEnableResponseType.AuthEnableResponse__Output;
export type AuthEnableResponseIn = AuthEnableResponseType.AuthEnableResponse;
export const AuthDisableResponse = message<
  AuthDisableResponseType.AuthDisableResponse,
  AuthDisableResponseType.AuthDisableResponse__Output
>('etcdserverpb.AuthDisableResponse');
export type AuthDisableResponse = AuthDisableResponseType.AuthDisableResponse__Output;
export type AuthDisableResponseIn = AuthDisableResponseType.AuthDisableResponse;
export const AuthStatusResponse = message<
  AuthStatusResponseType.AuthStatusResponse,
  AuthStatusResponseType.AuthStatusResponse__Output
>('etcdserverpb.AuthStatusResponse');
export type AuthStatusResponse = AuthStatusResponseType.AuthStatusResponse__Output;
export type AuthStatusResponseIn = AuthStatusResponseType.AuthStatusResponse;
export const AuthenticateResponse = message<
  AuthenticateResponseType.AuthenticateResponse,
  AuthenticateResponseType.AuthenticateResponse__Output
>('etcdserverpb.AuthenticateResponse');
export type AuthenticateResponse = AuthenticateResponseType.AuthenticateResponse__Output;
export type AuthenticateResponseIn = AuthenticateResponseType.AuthenticateResponse;
export const AuthUserAddResponse = message<
  AuthUserAddResponseType.AuthUserAddResponse,
  AuthUserAddResponseType.AuthUserAddResponse__Output
>('etcdserverpb.AuthUserAddResponse');
export type AuthUserAddResponse = AuthUserAddResponseType.AuthUserAddResponse__Output;
export type AuthUserAddResponseIn = AuthUserAddResponseType.AuthUserAddResponse;
export const AuthUserGetResponse = message<
  AuthUserGetResponseType.AuthUserGetResponse,
  AuthUserGetResponseType.AuthUserGetResponse__Output
>('etcdserverpb.AuthUserGetResponse');
export type AuthUserGetResponse = AuthUserGetResponseType.AuthUserGetResponse__Output;
export type AuthUserGetResponseIn = AuthUserGetResponseType.AuthUserGetResponse;
export const AuthUserDeleteResponse = message<
  AuthUserDeleteResponseType.AuthUserDeleteResponse,
  AuthUserDeleteResponseType.AuthUserDeleteResponse__Output
>('etcdserverpb.AuthUserDeleteResponse');
export type AuthUserDeleteResponse = AuthUserDeleteResponseType.AuthUserDeleteResponse__Output;
export type AuthUserDeleteResponseIn = AuthUserDeleteResponseType.AuthUserDeleteResponse;
export const AuthUserChangePasswordResponse = message<
  AuthUserChangePasswordResponseType.AuthUserChangePasswordResponse,
  AuthUserChangePasswordResponseType.AuthUserChangePasswordResponse__Output
>('etcdserverpb.AuthUserChangePasswordResponse');
export type AuthUserChangePasswordResponse = AuthUserChangePasswordResponseType.AuthUserChangePasswordResponse__Output;
export type AuthUserChangePasswordResponseIn = AuthUserChangePasswordResponseType.AuthUserChangePasswordResponse;
export const AuthUserGrantRoleResponse = message<
  AuthUserGrantRoleResponseType.AuthUserGrantRoleResponse,
  AuthUserGrantRoleResponseType.AuthUserGrantRoleResponse__Output
>('etcdserverpb.AuthUserGrantRoleResponse');
export type AuthUserGrantRoleResponse = AuthUserGrantRoleResponseType.AuthUserGrantRoleResponse__Output;
export type AuthUserGrantRoleResponseIn = AuthUserGrantRoleResponseType.AuthUserGrantRoleResponse;
export const AuthUserRevokeRoleResponse = message<
  AuthUserRevokeRoleResponseType.AuthUserRevokeRoleResponse,
  AuthUserRevokeRoleResponseType.AuthUserRevokeRoleResponse__Output
>('etcdserverpb.AuthUserRevokeRoleResponse');
export type AuthUserRevokeRoleResponse = AuthUserRevokeRoleResponseType.AuthUserRevokeRoleResponse__Output;
export type AuthUserRevokeRoleResponseIn = AuthUserRevokeRoleResponseType.AuthUserRevokeRoleResponse;
export const AuthRoleAddResponse = message<
  AuthRoleAddResponseType.AuthRoleAddResponse,
  AuthRoleAddResponseType.AuthRoleAddResponse__Output
>('etcdserverpb.AuthRoleAddResponse');
export type AuthRoleAddResponse = AuthRoleAddResponseType.AuthRoleAddResponse__Output;
export type AuthRoleAddResponseIn = AuthRoleAddResponseType.AuthRoleAddResponse;
export const AuthRoleGetResponse = message<
  AuthRoleGetResponseType.AuthRoleGetResponse,
  AuthRoleGetResponseType.AuthRoleGetResponse__Output
>('etcdserverpb.AuthRoleGetResponse');
export type AuthRoleGetResponse = AuthRoleGetResponseType.AuthRoleGetResponse__Output;
export type AuthRoleGetResponseIn = AuthRoleGetResponseType.AuthRoleGetResponse;
export const AuthRoleListResponse = message<
  AuthRoleListResponseType.AuthRoleListResponse,
  AuthRoleListResponseType.AuthRoleListResponse__Output
>('etcdserverpb.AuthRoleListResponse');
export type AuthRoleListResponse = AuthRoleListResponseType.AuthRoleListResponse__Output;
export type AuthRoleListResponseIn = AuthRoleListResponseType.AuthRoleListResponse;
export const AuthUserListResponse = message<
  AuthUserListResponseType.AuthUserListResponse,
  AuthUserListResponseType.AuthUserListResponse__Output
>('etcdserverpb.AuthUserListResponse');
export type AuthUserListResponse = AuthUserListResponseType.AuthUserListResponse__Output;
export type AuthUserListResponseIn = AuthUserListResponseType.AuthUserListResponse;
export const AuthRoleDeleteResponse = message<
  AuthRoleDeleteResponseType.AuthRoleDeleteResponse,
  AuthRoleDeleteResponseType.AuthRoleDeleteResponse__Output
>('etcdserverpb.AuthRoleDeleteResponse');
export type AuthRoleDeleteResponse = AuthRoleDeleteResponseType.AuthRoleDeleteResponse__Output;
export type AuthRoleDeleteResponseIn = AuthRoleDeleteResponseType.AuthRoleDeleteResponse;
export const AuthRoleGrantPermissionResponse = message<
  AuthRoleGrantPermissionResponseType.AuthRoleGrantPermissionResponse,
  AuthRoleGrantPermissionResponseType.AuthRoleGrantPermissionResponse__Output
>('etcdserverpb.AuthRoleGrantPermissionResponse');
export type AuthRoleGrantPermissionResponse =
  AuthRoleGrantPermissionResponseType.AuthRoleGrantPermissionResponse__Output;
export type AuthRoleGrantPermissionResponseIn = AuthRoleGrantPermissionResponseType.AuthRoleGrantPermissionResponse;
export const AuthRoleRevokePermissionResponse = message<
  AuthRoleRevokePermissionResponseType.AuthRoleRevokePermissionResponse,
  AuthRoleRevokePermissionResponseType.AuthRoleRevokePermissionResponse__Output
>('etcdserverpb.AuthRoleRevokePermissionResponse');
export type AuthRoleRevokePermissionResponse =
  AuthRoleRevokePermissionResponseType.AuthRoleRevokePermissionResponse__Output;
export type AuthRoleRevokePermissionResponseIn = AuthRoleRevokePermissionResponseType.AuthRoleRevokePermissionResponse;
export const LockRequest = message<LockRequestType.LockRequest, LockRequestType.LockRequest__Output>(
  'v3lockpb.LockRequest',
);
export type LockRequest = LockRequestType.LockRequest__Output;
export type LockRequestIn = LockRequestType.LockRequest;
export const LockResponse = message<LockResponseType.LockResponse, LockResponseType.LockResponse__Output>(
  'v3lockpb.LockResponse',
);
export type LockResponse = LockResponseType.LockResponse__Output;
export type LockResponseIn = LockResponseType.LockResponse;
export const UnlockRequest = message<UnlockRequestType.UnlockRequest, UnlockRequestType.UnlockRequest__Output>(
  'v3lockpb.UnlockRequest',
);
export type UnlockRequest = UnlockRequestType.UnlockRequest__Output;
export type UnlockRequestIn = UnlockRequestType.UnlockRequest;
export const UnlockResponse = message<UnlockResponseType.UnlockResponse, UnlockResponseType.UnlockResponse__Output>(
  'v3lockpb.UnlockResponse',
);
export type UnlockResponse = UnlockResponseType.UnlockResponse__Output;
export type UnlockResponseIn = UnlockResponseType.UnlockResponse;
export const CampaignRequest = message<
  CampaignRequestType.CampaignRequest,
  CampaignRequestType.CampaignRequest__Output
>('v3electionpb.CampaignRequest');
export type CampaignRequest = CampaignRequestType.CampaignRequest__Output;
export type CampaignRequestIn = CampaignRequestType.CampaignRequest;
export const CampaignResponse = message<
  CampaignResponseType.CampaignResponse,
  CampaignResponseType.CampaignResponse__Output
>('v3electionpb.CampaignResponse');
export type CampaignResponse = CampaignResponseType.CampaignResponse__Output;
export type CampaignResponseIn = CampaignResponseType.CampaignResponse;
export type LeaderKey = LeaderKeyType.LeaderKey__Output;
export type LeaderKeyIn = LeaderKeyType.LeaderKey;
export const LeaderRequest = message<LeaderRequestType.LeaderRequest, LeaderRequestType.LeaderRequest__Output>(
  'v3electionpb.LeaderRequest',
);
export type LeaderRequest = LeaderRequestType.LeaderRequest__Output;
export type LeaderRequestIn = LeaderRequestType.LeaderRequest;
export const LeaderResponse = message<LeaderResponseType.LeaderResponse, LeaderResponseType.LeaderResponse__Output>(
  'v3electionpb.LeaderResponse',
);
export type LeaderResponse = LeaderResponseType.LeaderResponse__Output;
export type LeaderResponseIn = LeaderResponseType.LeaderResponse;
export const ResignRequest = message<ResignRequestType.ResignRequest, ResignRequestType.ResignRequest__Output>(
  'v3electionpb.ResignRequest',
);
export type ResignRequest = ResignRequestType.ResignRequest__Output;
export type ResignRequestIn = ResignRequestType.ResignRequest;
export const ResignResponse = message<ResignResponseType.ResignResponse, ResignResponseType.ResignResponse__Output>(
  'v3electionpb.ResignResponse',
);
export type ResignResponse = ResignResponseType.ResignResponse__Output;
export type ResignResponseIn = ResignResponseType.ResignResponse;
export const ProclaimRequest = message<
  ProclaimRequestType.ProclaimRequest,
  ProclaimRequestType.ProclaimRequest__Output
>('v3electionpb.ProclaimRequest');
export type ProclaimRequest = ProclaimRequestType.ProclaimRequest__Output;
export type ProclaimRequestIn = ProclaimRequestType.ProclaimRequest;
export const ProclaimResponse = message<
  ProclaimResponseType.ProclaimResponse,
  ProclaimResponseType.ProclaimResponse__Output
>('v3electionpb.ProclaimResponse');
export type ProclaimResponse = ProclaimResponseType.ProclaimResponse__Output;
export type ProclaimResponseIn = ProclaimResponseType.ProclaimResponse;

/** etcdserverpb.KV */
export const kVService = {
  range: method('etcdserverpb.KV', 'Range', RangeRequest, RangeResponse),
  put: method('etcdserverpb.KV', 'Put', PutRequest, PutResponse),
  deleteRange: method('etcdserverpb.KV', 'DeleteRange', DeleteRangeRequest, DeleteRangeResponse),
  txn: method('etcdserverpb.KV', 'Txn', TxnRequest, TxnResponse),
  compact: method('etcdserverpb.KV', 'Compact', CompactionRequest, CompactionResponse),
};
/** etcdserverpb.Watch */
export const watchService = {
  watch: method('etcdserverpb.Watch', 'Watch', WatchRequest, WatchResponse),
};
/** etcdserverpb.Lease */
export const leaseService = {
  leaseGrant: method('etcdserverpb.Lease', 'LeaseGrant', LeaseGrantRequest, LeaseGrantResponse),
  leaseRevoke: method('etcdserverpb.Lease', 'LeaseRevoke', LeaseRevokeRequest, LeaseRevokeResponse),
  leaseKeepAlive: method('etcdserverpb.Lease', 'LeaseKeepAlive', LeaseKeepAliveRequest, LeaseKeepAliveResponse),
  leaseTimeToLive: method('etcdserverpb.Lease', 'LeaseTimeToLive', LeaseTimeToLiveRequest, LeaseTimeToLiveResponse),
  leaseLeases: method('etcdserverpb.Lease', 'LeaseLeases', LeaseLeasesRequest, LeaseLeasesResponse),
};
/** etcdserverpb.Cluster */
export const clusterService = {
  memberAdd: method('etcdserverpb.Cluster', 'MemberAdd', MemberAddRequest, MemberAddResponse),
  memberRemove: method('etcdserverpb.Cluster', 'MemberRemove', MemberRemoveRequest, MemberRemoveResponse),
  memberUpdate: method('etcdserverpb.Cluster', 'MemberUpdate', MemberUpdateRequest, MemberUpdateResponse),
  memberList: method('etcdserverpb.Cluster', 'MemberList', MemberListRequest, MemberListResponse),
  memberPromote: method('etcdserverpb.Cluster', 'MemberPromote', MemberPromoteRequest, MemberPromoteResponse),
};
/** etcdserverpb.Maintenance */
export const maintenanceService = {
  alarm: method('etcdserverpb.Maintenance', 'Alarm', AlarmRequest, AlarmResponse),
  status: method('etcdserverpb.Maintenance', 'Status', StatusRequest, StatusResponse),
  defragment: method('etcdserverpb.Maintenance', 'Defragment', DefragmentRequest, DefragmentResponse),
  hash: method('etcdserverpb.Maintenance', 'Hash', HashRequest, HashResponse),
  hashKV: method('etcdserverpb.Maintenance', 'HashKV', HashKVRequest, HashKVResponse),
  snapshot: method('etcdserverpb.Maintenance', 'Snapshot', SnapshotRequest, SnapshotResponse),
  moveLeader: method('etcdserverpb.Maintenance', 'MoveLeader', MoveLeaderRequest, MoveLeaderResponse),
  downgrade: method('etcdserverpb.Maintenance', 'Downgrade', DowngradeRequest, DowngradeResponse),
};
/** etcdserverpb.Auth */
export const authService = {
  authEnable: method('etcdserverpb.Auth', 'AuthEnable', AuthEnableRequest, AuthEnableResponse),
  authDisable: method('etcdserverpb.Auth', 'AuthDisable', AuthDisableRequest, AuthDisableResponse),
  authStatus: method('etcdserverpb.Auth', 'AuthStatus', AuthStatusRequest, AuthStatusResponse),
  authenticate: method('etcdserverpb.Auth', 'Authenticate', AuthenticateRequest, AuthenticateResponse),
  userAdd: method('etcdserverpb.Auth', 'UserAdd', AuthUserAddRequest, AuthUserAddResponse),
  userGet: method('etcdserverpb.Auth', 'UserGet', AuthUserGetRequest, AuthUserGetResponse),
  userList: method('etcdserverpb.Auth', 'UserList', AuthUserListRequest, AuthUserListResponse),
  userDelete: method('etcdserverpb.Auth', 'UserDelete', AuthUserDeleteRequest, AuthUserDeleteResponse),
  userChangePassword: method(
    'etcdserverpb.Auth',
    'UserChangePassword',
    AuthUserChangePasswordRequest,
    AuthUserChangePasswordResponse,
  ),
  userGrantRole: method('etcdserverpb.Auth', 'UserGrantRole', AuthUserGrantRoleRequest, AuthUserGrantRoleResponse),
  userRevokeRole: method('etcdserverpb.Auth', 'UserRevokeRole', AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse),
  roleAdd: method('etcdserverpb.Auth', 'RoleAdd', AuthRoleAddRequest, AuthRoleAddResponse),
  roleGet: method('etcdserverpb.Auth', 'RoleGet', AuthRoleGetRequest, AuthRoleGetResponse),
  roleList: method('etcdserverpb.Auth', 'RoleList', AuthRoleListRequest, AuthRoleListResponse),
  roleDelete: method('etcdserverpb.Auth', 'RoleDelete', AuthRoleDeleteRequest, AuthRoleDeleteResponse),
  roleGrantPermission: method(
    'etcdserverpb.Auth',
    'RoleGrantPermission',
    AuthRoleGrantPermissionRequest,
    AuthRoleGrantPermissionResponse,
  ),
  roleRevokePermission: method(
    'etcdserverpb.Auth',
    'RoleRevokePermission',
    AuthRoleRevokePermissionRequest,
    AuthRoleRevokePermissionResponse,
  ),
};
/** v3lockpb.Lock */
export const lockService = {
  lock: method('v3lockpb.Lock', 'Lock', LockRequest, LockResponse),
  unlock: method('v3lockpb.Lock', 'Unlock', UnlockRequest, UnlockResponse),
};
/** v3electionpb.Election */
export const electionService = {
  campaign: method('v3electionpb.Election', 'Campaign', CampaignRequest, CampaignResponse),
  proclaim: method('v3electionpb.Election', 'Proclaim', ProclaimRequest, ProclaimResponse),
  leader: method('v3electionpb.Election', 'Leader', LeaderRequest, LeaderResponse),
  observe: method('v3electionpb.Election', 'Observe', LeaderRequest, LeaderResponse),
  resign: method('v3electionpb.Election', 'Resign', ResignRequest, ResignResponse),
};
