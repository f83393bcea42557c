/** Messages between members (`proto/quorate/internal/peer.proto`). */
import { message, method } from './codec.js';
import type * as AppendReplyType from './gen/quorate/internal/AppendReply.js';
import type * as AppendRequestType from './gen/quorate/internal/AppendRequest.js';
import type * as ChangeAnswerType from './gen/quorate/internal/ChangeAnswer.js';
import type * as ChangeRequestType from './gen/quorate/internal/ChangeRequest.js';
import type * as EnvelopeType from './gen/quorate/internal/Envelope.js';
import type * as ExchangeEndType from './gen/quorate/internal/ExchangeEnd.js';
import type * as HeartbeatType from './gen/quorate/internal/Heartbeat.js';
import type * as HeartbeatReplyType from './gen/quorate/internal/HeartbeatReply.js';
import type * as PeerMessageType from './gen/quorate/internal/PeerMessage.js';
import type * as PreVoteReplyType from './gen/quorate/internal/PreVoteReply.js';
import type * as PreVoteRequestType from './gen/quorate/internal/PreVoteRequest.js';
import type * as RaftEntryType from './gen/quorate/internal/RaftEntry.js';
import type * as ReadIndexReplyType from './gen/quorate/internal/ReadIndexReply.js';
import type * as ReadIndexRequestType from './gen/quorate/internal/ReadIndexRequest.js';
import type * as SnapshotChunkType from './gen/quorate/internal/SnapshotChunk.js';
import type * as SnapshotEndType from './gen/quorate/internal/SnapshotEnd.js';
import type * as SnapshotReplyType from './gen/quorate/internal/SnapshotReply.js';
import type * as SnapshotStartType from './gen/quorate/internal/SnapshotStart.js';
import type * as SubscribersQueryType from './gen/quorate/internal/SubscribersQuery.js';
import type * as SubscribersStateType from './gen/quorate/internal/SubscribersState.js';
import type * as TimeoutNowType from './gen/quorate/internal/TimeoutNow.js';
import type * as TransferRequestType from './gen/quorate/internal/TransferRequest.js';
import type * as VoteReplyType from './gen/quorate/internal/VoteReply.js';
import type * as VoteRequestType from './gen/quorate/internal/VoteRequest.js';

export const Envelope = message<EnvelopeType.Envelope, EnvelopeType.Envelope__Output>('quorate.internal.Envelope');
export type Envelope = EnvelopeType.Envelope__Output;
export type EnvelopeIn = EnvelopeType.Envelope;
export const ExchangeEnd = message<ExchangeEndType.ExchangeEnd, ExchangeEndType.ExchangeEnd__Output>(
  'quorate.internal.ExchangeEnd',
);
export type ExchangeEnd = ExchangeEndType.ExchangeEnd__Output;
export type ExchangeEndIn = ExchangeEndType.ExchangeEnd;
export const PeerMessage = message<PeerMessageType.PeerMessage, PeerMessageType.PeerMessage__Output>(
  'quorate.internal.PeerMessage',
);
export type PeerMessage = PeerMessageType.PeerMessage__Output;
export type PeerMessageIn = PeerMessageType.PeerMessage;
export const RaftEntry = message<RaftEntryType.RaftEntry, RaftEntryType.RaftEntry__Output>(
  'quorate.internal.RaftEntry',
);
export type RaftEntry = RaftEntryType.RaftEntry__Output;
export type RaftEntryIn = RaftEntryType.RaftEntry;
export const PreVoteRequest = message<PreVoteRequestType.PreVoteRequest, PreVoteRequestType.PreVoteRequest__Output>(
  'quorate.internal.PreVoteRequest',
);
export type PreVoteRequest = PreVoteRequestType.PreVoteRequest__Output;
export type PreVoteRequestIn = PreVoteRequestType.PreVoteRequest;
export const PreVoteReply = message<PreVoteReplyType.PreVoteReply, PreVoteReplyType.PreVoteReply__Output>(
  'quorate.internal.PreVoteReply',
);
export type PreVoteReply = PreVoteReplyType.PreVoteReply__Output;
export type PreVoteReplyIn = PreVoteReplyType.PreVoteReply;
export const VoteRequest = message<VoteRequestType.VoteRequest, VoteRequestType.VoteRequest__Output>(
  'quorate.internal.VoteRequest',
);
export type VoteRequest = VoteRequestType.VoteRequest__Output;
export type VoteRequestIn = VoteRequestType.VoteRequest;
export const VoteReply = message<VoteReplyType.VoteReply, VoteReplyType.VoteReply__Output>(
  'quorate.internal.VoteReply',
);
export type VoteReply = VoteReplyType.VoteReply__Output;
export type VoteReplyIn = VoteReplyType.VoteReply;
export const AppendRequest = message<AppendRequestType.AppendRequest, AppendRequestType.AppendRequest__Output>(
  'quorate.internal.AppendRequest',
);
export type AppendRequest = AppendRequestType.AppendRequest__Output;
export type AppendRequestIn = AppendRequestType.AppendRequest;
export const AppendReply = message<AppendReplyType.AppendReply, AppendReplyType.AppendReply__Output>(
  'quorate.internal.AppendReply',
);
export type AppendReply = AppendReplyType.AppendReply__Output;
export type AppendReplyIn = AppendReplyType.AppendReply;
export const Heartbeat = message<HeartbeatType.Heartbeat, HeartbeatType.Heartbeat__Output>(
  'quorate.internal.Heartbeat',
);
export type Heartbeat = HeartbeatType.Heartbeat__Output;
export type HeartbeatIn = HeartbeatType.Heartbeat;
export const HeartbeatReply = message<HeartbeatReplyType.HeartbeatReply, HeartbeatReplyType.HeartbeatReply__Output>(
  'quorate.internal.HeartbeatReply',
);
export type HeartbeatReply = HeartbeatReplyType.HeartbeatReply__Output;
export type HeartbeatReplyIn = HeartbeatReplyType.HeartbeatReply;
export const ReadIndexRequest = message<
  ReadIndexRequestType.ReadIndexRequest,
  ReadIndexRequestType.ReadIndexRequest__Output
>('quorate.internal.ReadIndexRequest');
export type ReadIndexRequest = ReadIndexRequestType.ReadIndexRequest__Output;
export type ReadIndexRequestIn = ReadIndexRequestType.ReadIndexRequest;
export const ReadIndexReply = message<ReadIndexReplyType.ReadIndexReply, ReadIndexReplyType.ReadIndexReply__Output>(
  'quorate.internal.ReadIndexReply',
);
export type ReadIndexReply = ReadIndexReplyType.ReadIndexReply__Output;
export type ReadIndexReplyIn = ReadIndexReplyType.ReadIndexReply;
export const TimeoutNow = message<TimeoutNowType.TimeoutNow, TimeoutNowType.TimeoutNow__Output>(
  'quorate.internal.TimeoutNow',
);
export type TimeoutNow = TimeoutNowType.TimeoutNow__Output;
export type TimeoutNowIn = TimeoutNowType.TimeoutNow;
export const TransferRequest = message<
  TransferRequestType.TransferRequest,
  TransferRequestType.TransferRequest__Output
>('quorate.internal.TransferRequest');
export type TransferRequest = TransferRequestType.TransferRequest__Output;
export type TransferRequestIn = TransferRequestType.TransferRequest;
export const ChangeRequest = message<ChangeRequestType.ChangeRequest, ChangeRequestType.ChangeRequest__Output>(
  'quorate.internal.ChangeRequest',
);
export type ChangeRequest = ChangeRequestType.ChangeRequest__Output;
export type ChangeRequestIn = ChangeRequestType.ChangeRequest;
export const ChangeAnswer = message<ChangeAnswerType.ChangeAnswer, ChangeAnswerType.ChangeAnswer__Output>(
  'quorate.internal.ChangeAnswer',
);
export type ChangeAnswer = ChangeAnswerType.ChangeAnswer__Output;
export type ChangeAnswerIn = ChangeAnswerType.ChangeAnswer;
export const SubscribersQuery = message<
  SubscribersQueryType.SubscribersQuery,
  SubscribersQueryType.SubscribersQuery__Output
>('quorate.internal.SubscribersQuery');
export type SubscribersQuery = SubscribersQueryType.SubscribersQuery__Output;
export type SubscribersQueryIn = SubscribersQueryType.SubscribersQuery;
export const SubscribersState = message<
  SubscribersStateType.SubscribersState,
  SubscribersStateType.SubscribersState__Output
>('quorate.internal.SubscribersState');
export type SubscribersState = SubscribersStateType.SubscribersState__Output;
export type SubscribersStateIn = SubscribersStateType.SubscribersState;
export const SnapshotStart = message<SnapshotStartType.SnapshotStart, SnapshotStartType.SnapshotStart__Output>(
  'quorate.internal.SnapshotStart',
);
export type SnapshotStart = SnapshotStartType.SnapshotStart__Output;
export type SnapshotStartIn = SnapshotStartType.SnapshotStart;
export const SnapshotEnd = message<SnapshotEndType.SnapshotEnd, SnapshotEndType.SnapshotEnd__Output>(
  'quorate.internal.SnapshotEnd',
);
export type SnapshotEnd = SnapshotEndType.SnapshotEnd__Output;
export type SnapshotEndIn = SnapshotEndType.SnapshotEnd;
export const SnapshotChunk = message<SnapshotChunkType.SnapshotChunk, SnapshotChunkType.SnapshotChunk__Output>(
  'quorate.internal.SnapshotChunk',
);
export type SnapshotChunk = SnapshotChunkType.SnapshotChunk__Output;
export type SnapshotChunkIn = SnapshotChunkType.SnapshotChunk;
export const SnapshotReply = message<SnapshotReplyType.SnapshotReply, SnapshotReplyType.SnapshotReply__Output>(
  'quorate.internal.SnapshotReply',
);
export type SnapshotReply = SnapshotReplyType.SnapshotReply__Output;
export type SnapshotReplyIn = SnapshotReplyType.SnapshotReply;

export const peer = {
  exchange: method('quorate.internal.Peer', 'Exchange', Envelope, ExchangeEnd),
  installSnapshot: method('quorate.internal.Peer', 'InstallSnapshot', SnapshotChunk, SnapshotReply),
} as const;
