/** Records on disk (`proto/quorate/internal/record.proto`). */
import { message } from './codec.js';
import type * as BootsType from './gen/quorate/internal/Boots.js';
import type * as ErrorResultType from './gen/quorate/internal/ErrorResult.js';
import type * as GenerationType from './gen/quorate/internal/Generation.js';
import type * as HardStateType from './gen/quorate/internal/HardState.js';
import type * as IdentityType from './gen/quorate/internal/Identity.js';
import type * as KeyVersionType from './gen/quorate/internal/KeyVersion.js';
import type * as LeaseRecordType from './gen/quorate/internal/LeaseRecord.js';
import type * as LogEntryType from './gen/quorate/internal/LogEntry.js';
import type * as LogStartType from './gen/quorate/internal/LogStart.js';
import type * as MachineRecordType from './gen/quorate/internal/MachineRecord.js';
import type * as MembershipType from './gen/quorate/internal/Membership.js';
import type * as OperationResultType from './gen/quorate/internal/OperationResult.js';
import type * as OriginRecordType from './gen/quorate/internal/OriginRecord.js';
import type * as OutcomeType from './gen/quorate/internal/Outcome.js';
import type * as RangeResultType from './gen/quorate/internal/RangeResult.js';
import type * as RequestRecordType from './gen/quorate/internal/RequestRecord.js';

export const Identity = message<IdentityType.Identity, IdentityType.Identity__Output>('quorate.internal.Identity');
export type Identity = IdentityType.Identity__Output;
export type IdentityIn = IdentityType.Identity;
export const HardState = message<HardStateType.HardState, HardStateType.HardState__Output>(
  'quorate.internal.HardState',
);
export type HardState = HardStateType.HardState__Output;
export type HardStateIn = HardStateType.HardState;
export const Membership = message<MembershipType.Membership, MembershipType.Membership__Output>(
  'quorate.internal.Membership',
);
export type Membership = MembershipType.Membership__Output;
export type MembershipIn = MembershipType.Membership;
export const LogStart = message<LogStartType.LogStart, LogStartType.LogStart__Output>('quorate.internal.LogStart');
export type LogStart = LogStartType.LogStart__Output;
export type LogStartIn = LogStartType.LogStart;
export const LogEntry = message<LogEntryType.LogEntry, LogEntryType.LogEntry__Output>('quorate.internal.LogEntry');
export type LogEntry = LogEntryType.LogEntry__Output;
export type LogEntryIn = LogEntryType.LogEntry;
export const Boots = message<BootsType.Boots, BootsType.Boots__Output>('quorate.internal.Boots');
export type Boots = BootsType.Boots__Output;
export type BootsIn = BootsType.Boots;
export const Generation = message<GenerationType.Generation, GenerationType.Generation__Output>(
  'quorate.internal.Generation',
);
export type Generation = GenerationType.Generation__Output;
export type GenerationIn = GenerationType.Generation;
export const KeyVersion = message<KeyVersionType.KeyVersion, KeyVersionType.KeyVersion__Output>(
  'quorate.internal.KeyVersion',
);
export type KeyVersion = KeyVersionType.KeyVersion__Output;
export type KeyVersionIn = KeyVersionType.KeyVersion;
export const LeaseRecord = message<LeaseRecordType.LeaseRecord, LeaseRecordType.LeaseRecord__Output>(
  'quorate.internal.LeaseRecord',
);
export type LeaseRecord = LeaseRecordType.LeaseRecord__Output;
export type LeaseRecordIn = LeaseRecordType.LeaseRecord;
export const RequestRecord = message<RequestRecordType.RequestRecord, RequestRecordType.RequestRecord__Output>(
  'quorate.internal.RequestRecord',
);
export type RequestRecord = RequestRecordType.RequestRecord__Output;
export type RequestRecordIn = RequestRecordType.RequestRecord;
export const ErrorResult = message<ErrorResultType.ErrorResult, ErrorResultType.ErrorResult__Output>(
  'quorate.internal.ErrorResult',
);
export type ErrorResult = ErrorResultType.ErrorResult__Output;
export type ErrorResultIn = ErrorResultType.ErrorResult;
export const RangeResult = message<RangeResultType.RangeResult, RangeResultType.RangeResult__Output>(
  'quorate.internal.RangeResult',
);
export type RangeResult = RangeResultType.RangeResult__Output;
export type RangeResultIn = RangeResultType.RangeResult;
export const OperationResult = message<
  OperationResultType.OperationResult,
  OperationResultType.OperationResult__Output
>('quorate.internal.OperationResult');
export type OperationResult = OperationResultType.OperationResult__Output;
export type OperationResultIn = OperationResultType.OperationResult;
export const Outcome = message<OutcomeType.Outcome, OutcomeType.Outcome__Output>('quorate.internal.Outcome');
export type Outcome = OutcomeType.Outcome__Output;
export type OutcomeIn = OutcomeType.Outcome;
export const OriginRecord = message<OriginRecordType.OriginRecord, OriginRecordType.OriginRecord__Output>(
  'quorate.internal.OriginRecord',
);
export type OriginRecord = OriginRecordType.OriginRecord__Output;
export type OriginRecordIn = OriginRecordType.OriginRecord;
export const MachineRecord = message<MachineRecordType.MachineRecord, MachineRecordType.MachineRecord__Output>(
  'quorate.internal.MachineRecord',
);
export type MachineRecord = MachineRecordType.MachineRecord__Output;
export type MachineRecordIn = MachineRecordType.MachineRecord;
